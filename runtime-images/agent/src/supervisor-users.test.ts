import { AGENT_PATHS } from '@mayfly/core';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import {
  anAssignment,
  ECHO,
  exchange,
  useDirectory,
  writeRuntime,
} from './fixtures/agent-fixture.ts';
import { useAgentProcess } from './fixtures/agent-process-fixture.ts';
import { useSupervisor } from './fixtures/supervisor-fixture.ts';

// As in a pod: two users, and one group that both are in.
const GROUP = 990;
const AGENT = { uid: 65_532, gid: 65_532, group: GROUP } as const;
const FUNCTION_USER = ['setpriv', '--reuid=993', '--regid=990', '--clear-groups'] as const;
const STRANGER = ['setpriv', '--reuid=994', '--regid=994', '--clear-groups'] as const;
const SETGID_FOR_ALL = 0o2770;

function runAs([program, ...user]: readonly [string, ...string[]], script: string): number | null {
  const args = [...user, 'timeout', '5', 'sh', '-c', script];
  return spawnSync(program, args, { stdio: 'ignore' }).status;
}

// Nobody but root can become two others.
describe.runIf(process.getuid?.() === 0)('an agent and a function of different users', () => {
  it('share what their group may use, and nobody else may', async ({ expect }) => {
    const folder = useDirectory();
    chmodSync(folder, 0o755);
    const supervisorDir = useDirectory();
    chownSync(supervisorDir, 0, GROUP);
    chmodSync(supervisorDir, SETGID_FOR_ALL);
    // The function's user need not be able to read the checkout, and the Node in it.
    const node = join(folder, 'node');
    copyFileSync(process.execPath, node);
    const [, ...args] = writeRuntime(folder, ECHO);

    const agent = await useAgentProcess(supervisorDir, AGENT);
    await useSupervisor(supervisorDir, [...FUNCTION_USER, '/bin/sh']);
    const port = await agent.waiting();
    const body = JSON.stringify(anAssignment({ taskRoot: folder, command: [node, ...args] }));
    expect((await exchange(port, { path: AGENT_PATHS.assignment, body })).statusCode).toBe(202);
    await agent.ready();
    const answer = await exchange(port, { path: AGENT_PATHS.invocations, body: '"a"' });
    expect(answer.text).toBe('"a"');

    for (const [name, mode] of [
      ['control', 0o660],
      ['events', 0o660],
      ['output', 0o660],
      ['variables', 0o640],
    ] as const) {
      const path = join(supervisorDir, name);
      const { uid, gid, mode: full } = statSync(path);
      expect([name, uid, gid, full & 0o777]).toEqual([name, AGENT.uid, GROUP, mode]);
      // The folder keeps strangers out; the file would, too.
      chmodSync(supervisorDir, 0o2777);
      expect([name, runAs(STRANGER, `: <>'${path}'`)]).not.toEqual([name, 0]);
      expect([name, runAs(STRANGER, `: <'${path}'`)]).not.toEqual([name, 0]);
      chmodSync(supervisorDir, SETGID_FOR_ALL);
    }
    // Its own variables the function cannot change for the next start.
    expect(runAs(FUNCTION_USER, `: >>'${join(supervisorDir, 'variables')}'`)).not.toBe(0);
    expect(runAs(FUNCTION_USER, `: <'${join(supervisorDir, 'variables')}'`)).toBe(0);
  });
});
