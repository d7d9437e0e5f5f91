import { readFileSync } from 'node:fs';
import path from 'node:path';

const README = path.resolve(import.meta.dirname, '../../README.md');
const SESSION = /^```sh aws-session\n(?<script>.*?)^```$/ms;
const ENDPOINT = 'http://127.0.0.1:8080';

/** The session with the `aws` CLI as the README prints it, with another endpoint. */
export function readReadmeSession(gatewayUrl: string): string {
  const script = SESSION.exec(readFileSync(README, 'utf8'))?.groups?.['script'];
  if (script?.includes(ENDPOINT) !== true) throw new Error('README.md has no aws-session');
  return script.replace(ENDPOINT, gatewayUrl);
}

/** What the session prints of the function itself, in order. */
export const SESSION_ANSWERS = ['"Hi Ada!"', '"Hi Ada!"', 'Hello you!'];
