import { eventually } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import type { EmbeddedHandle, StartEmbedded, StartOptions } from '../start/options.ts';
import { runCli, startCli } from '../testing/run-cli.ts';

interface Started {
  readonly events: string[];
  readonly options: StartOptions[];
  readonly loadStartEmbedded: () => Promise<StartEmbedded>;
}

/** A platform that says what was asked of it. */
function aPlatform(overrides: Partial<EmbeddedHandle> = {}): Started {
  const events: string[] = [];
  const options: StartOptions[] = [];
  const handle: EmbeddedHandle = {
    gatewayUrl: 'http://127.0.0.1:1',
    controlUrl: 'http://127.0.0.1:2',
    controlToken: 'token',
    adminUrl: 'http://127.0.0.1:3',
    close: () => Promise.resolve(void events.push('close')),
    destroy: () => Promise.resolve(void events.push('destroy')),
    ...overrides,
  };
  const start: StartEmbedded = (given) => {
    options.push(given);
    return Promise.resolve(handle);
  };
  return { events, options, loadStartEmbedded: () => Promise.resolve(start) };
}

describe('mayfly start', () => {
  it('passes what it was asked for, paths absolute', async ({ expect }) => {
    const { options, loadStartEmbedded } = aPlatform();
    const args = ['start', '--dir', 'a', '--dir', '/b', '--port', '0', '--idle-seconds', '5'];
    const run = startCli(args, { cwd: '/folder', loadStartEmbedded });
    await eventually(() => {
      expect(options).toHaveLength(1);
    });
    run.interrupt();
    await run.exitCode;
    expect(options[0]).toEqual({
      ...{ directories: ['/folder/a', '/b'], host: '127.0.0.1', port: 0, adminPort: 8081 },
      ...{ stateDirectory: '/folder/.mayfly', logLevel: 'info', idleSeconds: 5, isTerminal: false },
    });
  });

  it('drains at the first signal and ends with 0', async ({ expect }) => {
    const { events, options, loadStartEmbedded } = aPlatform();
    const run = startCli(['start'], { cwd: '/', loadStartEmbedded });
    await eventually(() => {
      expect(options).toHaveLength(1);
    });
    run.interrupt();
    expect(await run.exitCode).toBe(0);
    expect(events).toEqual(['close']);
    expect(run.stdout + run.stderr).toBe('');
  });

  it('stops at once at the second signal', async ({ expect }) => {
    const draining = new Promise<void>(() => undefined);
    const { events, options, loadStartEmbedded } = aPlatform({ close: () => draining });
    const run = startCli(['start'], { cwd: '/', loadStartEmbedded });
    await eventually(() => {
      expect(options).toHaveLength(1);
    });
    run.interrupt();
    run.interrupt();
    expect(await run.exitCode).toBe(130);
    expect(events).toEqual(['destroy']);
  });

  it('drains when the signal came before it was up', async ({ expect }) => {
    const { events, loadStartEmbedded } = aPlatform();
    const gate = Promise.withResolvers<undefined>();
    let isStarting = false;
    const slow: StartEmbedded = async (options, variables) => {
      isStarting = true;
      await gate.promise;
      return (await loadStartEmbedded())(options, variables);
    };
    const run = startCli(['start'], { cwd: '/', loadStartEmbedded: () => Promise.resolve(slow) });
    await eventually(() => {
      expect(isStarting).toBe(true);
    });
    run.interrupt();
    gate.resolve(undefined);
    expect(await run.exitCode).toBe(0);
    expect(events).toEqual(['close']);
  });

  it('gives up a start that hangs at the second signal', async ({ expect }) => {
    let isStarting = false;
    const hanging: StartEmbedded = () => {
      isStarting = true;
      return new Promise(() => undefined);
    };
    const run = startCli(['start'], {
      cwd: '/',
      loadStartEmbedded: () => Promise.resolve(hanging),
    });
    await eventually(() => {
      expect(isStarting).toBe(true);
    });
    run.interrupt();
    run.interrupt();
    expect(await run.exitCode).toBe(130);
  });

  it('says why it cannot start, with the causes and without a stack', async ({ expect }) => {
    const cause = new Error('listen EADDRINUSE 127.0.0.1:8080');
    const failing: StartEmbedded = () =>
      Promise.reject(new Error('starting the gateway', { cause }));
    const loadStartEmbedded = (): Promise<StartEmbedded> => Promise.resolve(failing);
    const run = await runCli(['start'], { cwd: '/', loadStartEmbedded });
    expect(run.exitCode).toBe(5);
    expect(run.stderr).toBe('error: starting the gateway: listen EADDRINUSE 127.0.0.1:8080\n');
    const env = { MAYFLY_DEBUG: '1' };
    const debugged = await runCli(['start'], { cwd: '/', loadStartEmbedded, env });
    expect(debugged.stderr).toContain('    at ');
  });

  it('reports all mistakes of the command line at once', async ({ expect }) => {
    const { options, loadStartEmbedded } = aPlatform();
    const args = ['start', '--port', 'x', '--admin-port', '70000', '--idle-seconds', '0'];
    const run = await runCli(args, { cwd: '/', loadStartEmbedded });
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toBe(
      'error: --port must be a whole number; --admin-port must be at most 65535; --idle-seconds must be at least 1\n',
    );
    expect((await runCli(['start', '--log-level', 'loud'], { cwd: '/' })).exitCode).toBe(2);
    expect(options).toEqual([]);
  });
});
