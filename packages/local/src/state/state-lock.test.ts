import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, onTestFinished } from 'vitest';
import { lockStateDirectory } from './state-lock.ts';

function useDirectory(): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'mayfly-lock-'));
  onTestFinished(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

const HOLD = `
  const { lockStateDirectory } = await import(process.argv[1]);
  lockStateDirectory(process.argv[2]);
  console.log('locked');
  setInterval(() => {}, 1000);
`;

describe('lockStateDirectory', () => {
  it('refuses a directory that is taken, and says what to do', ({ expect }) => {
    const directory = useDirectory();
    const lock = lockStateDirectory(directory);

    expect(() => lockStateDirectory(directory)).toThrow(/another mayfly uses .*--state/);

    lock.release();
    lock.release();
    lockStateDirectory(directory).release();
  });

  it('is free again after its holder was killed', async ({ expect }) => {
    const directory = useDirectory();
    const module = path.join(import.meta.dirname, 'state-lock.ts');
    const holder = spawn(process.execPath, ['--input-type=module', '-e', HOLD, module, directory]);
    await once(holder.stdout, 'data');
    expect(() => lockStateDirectory(directory)).toThrow('another mayfly');

    execFileSync('kill', ['-KILL', String(holder.pid)]);
    await once(holder, 'close');
    lockStateDirectory(directory).release();
  });
});
