import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';
import { useDirectory, usePlatform } from './testing/use-platform.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function spawnMain(args: readonly string[], cwd: string): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd, stdio: 'pipe' });
  child.stdin.end();
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  const [exitCode] = (await once(child, 'close')) as [number];
  return { exitCode, stdout, stderr };
}

describe('the executable', () => {
  it('ends with the exit code of its command and without a stack', async ({ expect }) => {
    const { directory } = await usePlatform((_request, response) => {
      response.writeHead(200, { 'x-amz-function-error': 'Unhandled' }).end('{}');
    });
    const nowhere = await useDirectory();
    const runs = await Promise.all([
      spawnMain(['get'], directory),
      spawnMain(['invoke', 'hello'], directory),
      spawnMain(['get', 'gadgets'], directory),
      spawnMain(['get'], nowhere),
      spawnMain(['get', 'fn', 'absent'], directory),
    ]);
    expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 1, 2, 3, 4]);
    for (const { stderr } of runs) expect(stderr).not.toMatch(/^ +at /m);
  });

  it('ends quietly when the reader of its output has left', async ({ expect }) => {
    const child = spawn(process.execPath, [MAIN, '--help'], { stdio: 'pipe' });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    const [exitCode] = (await once(child, 'close')) as [number];
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  });
});
