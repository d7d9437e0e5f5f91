import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { AGENT_PATHS } from '@mayfly/core';
import type { AgentAnnouncement } from '@mayfly/core';
import { describe, it, onTestFinished, vi } from 'vitest';
import {
  anAssignment,
  ECHO,
  exchange,
  isRunning,
  TOKEN,
  useAgent,
  useAnnounceServer,
  useDirectory,
  useReadyAgent,
  writeRuntime,
} from './fixtures/agent-fixture.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const SLOW = `writeFileSync('pid', String(process.pid)); for (;;) { const i = await next(); await new Promise((r) => setTimeout(r, 400)); await respond(i.id, i.body); }`;

interface AgentProcess {
  readonly child: ChildProcess;
  readonly exit: Promise<number | null>;
  readonly port: number;
  readonly directory: string;
  readonly runtimePid: number;
}

/** The agent as its driver starts it, with a runtime that has been through init. */
async function useAgentProcess(script: string): Promise<AgentProcess> {
  const directory = useDirectory();
  const announcements: AgentAnnouncement[] = [];
  const child = spawn(process.execPath, [MAIN], {
    env: {
      MAYFLY_EXECUTION_ENVIRONMENT_ID: `ee-${process.pid.toString()}-${directory.slice(-6)}`,
      MAYFLY_AGENT_TOKEN: TOKEN,
      MAYFLY_ANNOUNCE_URL: await useAnnounceServer(announcements),
      MAYFLY_EXIT_ON_STDIN_END: '1',
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdout.resume();
  onTestFinished(() => void child.kill('SIGKILL'));
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const port = await vi.waitFor(() => findWaiting(announcements).port, { timeout: 5_000 });
  const command = writeRuntime(directory, script);
  const body = JSON.stringify(anAssignment({ taskRoot: directory, command }));
  await exchange(port, { path: AGENT_PATHS.assignment, body });
  const pidFile = join(directory, 'pid');
  await vi.waitFor(() => {
    if (announcements.length < 2 || !existsSync(pidFile)) throw new Error('not ready');
  }, 5_000);
  const runtimePid = Number(readFileSync(pidFile, 'latin1'));
  return { child, exit, port, directory, runtimePid };
}

function findWaiting(
  announcements: readonly AgentAnnouncement[],
): Extract<AgentAnnouncement, { kind: 'waiting' }> {
  const waiting = announcements.find((announcement) => announcement.kind === 'waiting');
  if (waiting === undefined) throw new Error('not announced');
  return waiting;
}

describe('the agent process', () => {
  it('on SIGTERM finishes its invocation, ends its runtime and exits with 0', async ({
    expect,
  }) => {
    const agent = await useAgentProcess(SLOW);
    const answer = exchange(agent.port, { path: AGENT_PATHS.invocations, body: '"kept"' });
    await vi.waitFor(async () => {
      const status = await exchange(agent.port, { method: 'GET', path: AGENT_PATHS.status });
      expect(status.text).toContain('"busy"');
    });
    agent.child.kill('SIGTERM');
    expect((await answer).text).toBe('"kept"');
    expect(await agent.exit).toBe(0);
    expect(await isRunning(agent.runtimePid)).toBe(false);
  });

  it('kills a runtime that ignores SIGTERM after 2 seconds', async ({ expect }) => {
    const agent = await useAgentProcess(`process.on('SIGTERM', () => {}); ${SLOW}`);
    const startedAtMs = performance.now();
    agent.child.kill('SIGTERM');
    expect(await agent.exit).toBe(0);
    expect(performance.now() - startedAtMs).toBeGreaterThan(1_900);
    expect(await isRunning(agent.runtimePid)).toBe(false);
  });

  it('ends without waiting for its invocation when the platform is gone', async ({ expect }) => {
    const agent = await useAgentProcess(SLOW.replace('400', '60000'));
    const answer = exchange(agent.port, { path: AGENT_PATHS.invocations, body: '1' });
    const dropped = expect(answer).rejects.toThrow('socket hang up');
    await vi.waitFor(async () => {
      const status = await exchange(agent.port, { method: 'GET', path: AGENT_PATHS.status });
      expect(status.text).toContain('"busy"');
    });
    agent.child.stdin?.destroy();
    agent.child.stdout?.destroy();
    expect(await agent.exit).toBe(0);
    await dropped;
    expect(await isRunning(agent.runtimePid)).toBe(false);
  });

  it('says every mistake of its configuration and exits with 1', async ({ expect }) => {
    const child = spawn(process.execPath, [MAIN], { env: { MAYFLY_AGENT_PORT: 'x' } });
    let text = '';
    child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(1);
    expect(text).toContain('MAYFLY_EXECUTION_ENVIRONMENT_ID is missing');
    expect(text).toContain('MAYFLY_AGENT_PORT must be a whole number');
  });
});

describe('an agent', () => {
  it('refuses invocations while it closes, and closes once', async ({ expect }) => {
    const { agent, invoke, status } = await useReadyAgent({ script: SLOW });
    const running = invoke('1');
    await vi.waitFor(async () => {
      expect(await status()).toMatchObject({ state: 'busy' });
    });
    const closing = agent.close();
    const refused = await invoke('2');
    expect(refused.statusCode).toBe(503);
    expect(refused.headers['x-mayfly-agent-error']).toBe('Agent.Terminating');
    expect((await running).text).toBe('1');
    await Promise.all([closing, agent.close(), agent.ended]);
  });

  it('destroyed drops its invocation at once, even while it closes', async ({ expect }) => {
    const { agent, invoke, status } = await useReadyAgent({ script: SLOW.replace('400', '60000') });
    const dropped = expect(invoke('1')).rejects.toThrow('socket hang up');
    await vi.waitFor(async () => {
      expect(await status()).toMatchObject({ state: 'busy' });
    });
    const closing = agent.close();
    await agent.destroy();
    await dropped;
    await closing;
  });

  it('can be closed before it is assigned and while it initialises', async ({ expect }) => {
    const { agent, assign } = await useAgent({
      script: `await hang(); ${ECHO}`,
    });
    await assign();
    await agent.close();
    await expect(assign()).rejects.toThrow();
  });
});
