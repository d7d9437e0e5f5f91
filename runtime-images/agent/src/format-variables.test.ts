import { execFileSync } from 'node:child_process';
import { describe, it } from 'vitest';
import { formatVariables } from './format-variables.ts';

const ALPHABET = Array.from('\'"\\$`\n\t !*?#&|;<>(){}[]~=%aZ0-é漢😀\u0081\u0088\r');

/** The same characters in every run. */
function makeText(seed: number): string {
  let state = seed * 2_654_435_761 + 1;
  return Array.from({ length: seed % 40 }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return ALPHABET[Math.floor(state / 65_536) % ALPHABET.length] ?? '';
  }).join('');
}

function source(text: string, shell: readonly string[], env: NodeJS.ProcessEnv = {}): string[] {
  const [program = '', ...shellArguments] = shell;
  const print = `process.stdout.write(JSON.stringify([process.env, process.argv.slice(1), process.cwd()]))`;
  const script = `${text}\nexec ${process.execPath} -e '${print}' -- "$@"`;
  // No stdin: bash takes a socket for a remote login and reads its start files.
  return JSON.parse(
    execFileSync(program, [...shellArguments, '-c', script], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    }).toString(),
  ) as string[];
}

describe.for([[['/bin/sh']], [['/bin/bash', '--posix']]] as const)(
  'formatVariables in %s',
  ([shell]) => {
    it('keeps every character of variables and arguments', ({ expect }) => {
      const texts = Array.from({ length: 200 }, (_, seed) => makeText(seed));
      const variables = Object.fromEntries(texts.map((value, n) => [`V_${n.toString()}`, value]));
      const script = { variables, isPreset: () => false, workingDirectory: '/tmp', command: texts };
      const [env, words, directory] = source(formatVariables(script), shell);
      expect(env).toMatchObject(variables);
      expect(words).toStrictEqual(texts);
      expect(directory).toBe('/tmp');
    });

    it('lets the image win over presets only, and hides the cluster', ({ expect }) => {
      const script = {
        variables: { LANG: 'preset', TZ: 'preset', PATH: 'mine', UID: 'x', 'not-a-name': '1' },
        isPreset: (name: string) => name === 'LANG' || name === 'TZ',
        workingDirectory: '/tmp',
        command: ['a'],
      };
      const image = {
        LANG: 'image',
        PATH: 'image',
        KUBERNETES_SERVICE_HOST: '10.0.0.1',
        KEPT: '1',
      };
      const [env] = source(formatVariables(script), shell, image);
      expect(env).toMatchObject({ LANG: 'image', TZ: 'preset', PATH: 'mine', KEPT: '1' });
      expect(env).not.toHaveProperty('KUBERNETES_SERVICE_HOST');
    });
  },
);
