import { AGENT_PATHS } from '@mayfly/core';
import { closeSync, constants, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, onTestFinished, vi } from 'vitest';
import {
  anAssignment,
  ECHO,
  exchange,
  isRunning,
  useAgent,
  useDirectory,
  writeRuntime,
  type AgentFixture,
} from './fixtures/agent-fixture.ts';
import { useAgentProcess, type AgentProcess } from './fixtures/agent-process-fixture.ts';
import { useSupervisor, type SupervisorProcess } from './fixtures/supervisor-fixture.ts';

interface Running {
  readonly supervisorDir: string;
  readonly supervisor: SupervisorProcess;
  readonly agent: AgentProcess;
}

/** An agent in a process of its own, and its function, whose runtime runs. */
async function useRunning(): Promise<Running> {
  const supervisorDir = useDirectory();
  const agent = await useAgentProcess(supervisorDir);
  const supervisor = await useSupervisor(supervisorDir);
  const taskRoot = useDirectory();
  const assignment = anAssignment({ taskRoot, command: writeRuntime(taskRoot, ECHO) });
  await exchange(await agent.waiting(), {
    path: AGENT_PATHS.assignment,
    body: JSON.stringify(assignment),
  });
  await agent.ready();
  return { supervisorDir, supervisor, agent };
}

async function untilWaiting({ announcements }: AgentFixture): Promise<void> {
  await vi.waitFor(() => {
    if (!announcements.some(({ kind }) => kind === 'waiting')) throw new Error('it does not wait');
  }, 5_000);
}

async function serves(fixture: AgentFixture): Promise<string> {
  await fixture.assign();
  await fixture.ready();
  return (await fixture.invoke('"next"')).text;
}

describe('an agent that was killed', () => {
  it('takes its container with it', async ({ expect }) => {
    const { agent, supervisor } = await useRunning();
    await agent.kill();
    expect(await supervisor.exit).toBe(0);
  });

  it('leaves FIFOs that the next agent and its container use', async ({ expect }) => {
    const { supervisorDir, agent, supervisor } = await useRunning();
    await agent.kill();
    await supervisor.exit;
    const next = await useAgent({ config: { supervisorDir } });
    await useSupervisor(supervisorDir);
    await untilWaiting(next);
    expect(await serves(next)).toBe('"next"');
  });

  it('before its container came is followed by one that serves', async ({ expect }) => {
    const supervisorDir = useDirectory();
    const first = await useAgentProcess(supervisorDir);
    // Its FIFOs are all that is left of it.
    await vi.waitFor(() => {
      closeSync(openSync(join(supervisorDir, 'control'), constants.O_RDWR));
    }, 10_000);
    await first.kill();
    const next = await useAgent({ config: { supervisorDir } });
    await useSupervisor(supervisorDir);
    await untilWaiting(next);
    expect(await serves(next)).toBe('"next"');
  });

  it('is followed by one that ends what it has left, in a container that goes on', async ({
    expect,
  }) => {
    const { supervisorDir, agent, supervisor } = await useRunning();
    // The next agent is there before the supervisor sees the end of the first.
    const held = openSync(join(supervisorDir, 'control'), constants.O_RDWR);
    onTestFinished(() => {
      closeSync(held);
    });
    const runtime = await findRuntime(supervisor);
    await agent.kill();
    const next = await useAgent({ config: { supervisorDir } });
    await untilWaiting(next);
    expect(await isRunning(runtime)).toBe(false);
    expect(await serves(next)).toBe('"next"');
  });
});

async function findRuntime({ pid }: SupervisorProcess): Promise<number> {
  const childrenOf = async (parent: number): Promise<number[]> => {
    const path = `/proc/${parent.toString()}/task/${parent.toString()}/children`;
    return (await readFile(path, 'latin1')).trim().split(' ').filter(Boolean).map(Number);
  };
  const [subshell = 0] = await childrenOf(pid);
  const [runtime = 0] = await childrenOf(subshell);
  return runtime;
}
