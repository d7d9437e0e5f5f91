import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { eventually } from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import {
  aNodeFunction,
  useDirectory,
  writeManifests,
  type FunctionManifest,
} from '../helpers/platform.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../../dist/mayfly.mjs');

interface StartedPlatform {
  readonly process: ChildProcess;
  readonly gatewayUrl: string;
}

/** Starts the program as a user does, as a process of its own. */
async function start(manifestDir: string, stateDir: string): Promise<StartedPlatform> {
  const child = spawn(
    process.execPath,
    [
      PROGRAM,
      'start',
      '--dir',
      manifestDir,
      '--state',
      stateDir,
      '--port',
      '0',
      '--admin-port',
      '0',
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  child.stderr.on('data', (chunk) => (output += String(chunk)));
  onTestFinished(() => void child.kill('SIGKILL'));
  const gatewayUrl = await eventually(
    () => {
      const file = JSON.parse(readFileSync(path.join(stateDir, 'control.json'), 'utf8')) as {
        gatewayUrl: string;
        pid: number;
      };
      if (file.pid !== child.pid) throw new Error(`not started yet: ${output}`);
      return file.gatewayUrl;
    },
    { timeoutMs: 30_000 },
  );
  return { process: child, gatewayUrl };
}

async function call(gatewayUrl: string, name: string): Promise<unknown> {
  const response = await fetch(`${gatewayUrl}/2015-03-31/functions/${name}/invocations`, {
    method: 'POST',
    body: '{}',
  });
  return await response.json();
}

/** Processes whose environment says that they belong to this state directory. */
function processesOf(stateDir: string): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(stateDir);
      } catch {
        return false;
      }
    });
}

const DAEMON: FunctionManifest = aNodeFunction(
  'daemon',
  `require('child_process').spawn('setsid', ['sleep', '600'], { detached: true, stdio: 'ignore' }).unref();
   exports.handler = async () => 'up';`,
);

describe('the platform', () => {
  it('leaves no process behind when it is killed, after its next start', async ({ expect }) => {
    const [manifestDir, stateDir] = [useDirectory(), useDirectory()];
    writeManifests(manifestDir, [DAEMON]);
    const first = await start(manifestDir, stateDir);
    await expect.poll(() => call(first.gatewayUrl, 'daemon'), { timeout: 20_000 }).toBe('up');
    const before = processesOf(stateDir);
    expect(before.length).toBeGreaterThan(1);

    first.process.kill('SIGKILL');
    await once(first.process, 'close');
    const second = await start(manifestDir, stateDir);

    await expect
      .poll(() => processesOf(stateDir).filter((pid) => before.includes(pid)), { timeout: 15_000 })
      .toEqual([]);
    await expect.poll(() => call(second.gatewayUrl, 'daemon'), { timeout: 20_000 }).toBe('up');
  });

  it('keeps its functions over a restart, and stops cleanly on SIGINT', async ({ expect }) => {
    const [manifestDir, stateDir] = [useDirectory(), useDirectory()];
    writeManifests(manifestDir, [aNodeFunction('kept', "exports.handler = async () => 'kept';")]);
    const first = await start(manifestDir, stateDir);
    await expect.poll(() => call(first.gatewayUrl, 'kept'), { timeout: 20_000 }).toBe('kept');

    first.process.kill('SIGINT');
    const [exitCode] = (await once(first.process, 'close')) as [number];
    expect(exitCode).toBe(0);
    expect(processesOf(stateDir)).toEqual([]);

    // Without the folder: what is there comes from the state alone.
    const second = await start(useDirectory(), stateDir).catch((error: unknown) => error);
    expect(second).toHaveProperty('gatewayUrl');
  });

  it('refuses a state directory that another one uses, with what to do', async ({ expect }) => {
    const [manifestDir, stateDir] = [useDirectory(), useDirectory()];
    await start(manifestDir, stateDir);

    const rival = spawn(process.execPath, [
      PROGRAM,
      'start',
      '--state',
      stateDir,
      '--port',
      '0',
      '--admin-port',
      '0',
    ]);
    let errors = '';
    rival.stderr.on('data', (chunk) => (errors += String(chunk)));
    const [exitCode] = (await once(rival, 'close')) as [number];

    expect(exitCode).not.toBe(0);
    expect(errors).toContain('another mayfly uses the state directory');
  });
});
