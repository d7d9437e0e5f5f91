import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, it, vi } from 'vitest';
import { ECHO, useAgent, useDirectory } from './fixtures/agent-fixture.ts';
import { BUSYBOX_TIMEOUT_MS, findBusybox } from './fixtures/find-busybox.ts';
import { useSupervisedAgent, useSupervisor } from './fixtures/supervisor-fixture.ts';

// What `/bin/sh` is: Debian's, Amazon Linux's, Alpine's.
const SHELLS: readonly (readonly [string, () => Promise<readonly string[]>])[] = [
  ['dash', () => Promise.resolve(['dash'])],
  ['bash', () => Promise.resolve(['bash', '--posix'])],
  ['busybox', async () => [await findBusybox(), 'sh']],
];

const OBEDIENT = `
console.log('from ' + process.env.FROM_IMAGE + ' ' + process.env.LANG + ' ' + process.env.TRICKY);
for (;;) {
  const i = await next();
  if (i.body === '"exit"') { console.log('last words'); process.exit(3); }
  if (i.body === '"killed"') process.kill(process.pid, 'SIGKILL');
  if (i.body === '"hang"') await hang();
  if (i.body === '"slow"') await new Promise((r) => setTimeout(r, 500));
  if (i.body === '"flood"') for (let n = 0; n < 20000; n += 1) console.log('line ' + n);
  if (i.body === '"children"') {
    for (let n = 0; n < 50; n += 1) spawn('sh', ['-c', "trap '' TERM; while :; do sleep 0.05; echo alive >> children; done"], { detached: true, env: {}, stdio: 'ignore' }).unref();
    process.exit(1);
  }
  await respond(i.id, i.body);
}`;

const TRICKY = `it's "a" $HOME \`b\` \\ ünï\n\tend'`;

describe.for(SHELLS)('a runtime under a supervisor in %s', ([, find]) => {
  let shell: readonly string[] = [];

  beforeAll(async () => {
    shell = await find();
  }, BUSYBOX_TIMEOUT_MS);

  it('answers, has its variables, and keeps those of the image', async ({ expect }) => {
    const assignment = { environmentVariables: { TRICKY, UID: '7' } };
    const fixture = await useSupervisedAgent({ script: OBEDIENT, assignment, shell });
    expect((await fixture.invoke('"a"')).text).toBe('"a"');
    await vi.waitFor(() => {
      expect(fixture.messages().join('\n')).toContain(`from image C ${TRICKY}`);
    });
  });

  it.for([
    ['exit', 'Runtime exited with error: exit status 3'],
    ['killed', 'Runtime exited with error: signal: killed'],
  ] as const)(
    'that ends by %s is reported and started again',
    async ([event, text], { expect }) => {
      const fixture = await useSupervisedAgent({ script: OBEDIENT, shell });
      expect((await fixture.invoke(JSON.stringify(event))).text).toContain(text);
      expect((await fixture.invoke('"next"')).text).toBe('"next"');
      if (event === 'exit') expect(fixture.messages()).toContain('last words');
    },
  );

  it('over its deadline is killed', async ({ expect }) => {
    const assignment = { timeoutMs: 1_000 };
    const fixture = await useSupervisedAgent({ script: OBEDIENT, assignment, shell });
    expect((await fixture.invoke('"hang"')).text).toContain('Task timed out after 1.00 seconds');
    expect((await fixture.invoke('"next"')).text).toBe('"next"');
  });

  it('loses no line of a flood', async ({ expect }) => {
    const fixture = await useSupervisedAgent({ script: OBEDIENT, shell });
    expect((await fixture.invoke('"flood"')).text).toBe('"flood"');
    await vi.waitFor(() => {
      expect(fixture.messages().filter((line) => line.startsWith('line '))).toHaveLength(20_000);
    }, 5_000);
  });

  it('leaves no process behind, whatever group it is in', async ({ expect }) => {
    const fixture = await useSupervisedAgent({ script: OBEDIENT, shell });
    expect((await fixture.invoke('"children"')).text).toContain('exit status 1');
    const { pid } = fixture.supervisor;
    const path = `/proc/${pid.toString()}/task/${pid.toString()}/children`;
    expect((await fixture.invoke('"next"')).text).toBe('"next"');
    await vi.waitFor(() => {
      expect(readFileSync(path, 'latin1').trim().split(' ').length).toBeLessThan(5);
    }, 5_000);
  });

  it('says that it is missing', async ({ expect }) => {
    const assignment = { command: ['/nowhere/bootstrap'] as const };
    const fixture = await useSupervisedAgent({ assignment, shell });
    const { text } = await fixture.invoke('1');
    expect(text).toContain('Runtime.InvalidEntrypoint');
    expect(text).toContain("Couldn't find valid bootstrap(s): [/nowhere/bootstrap]");
  });
});

describe('the end of a supervised agent', () => {
  it('comes after the running invocation when the container is asked to end', async ({
    expect,
  }) => {
    const fixture = await useSupervisedAgent({ script: OBEDIENT });
    const running = fixture.invoke('"slow"');
    await vi.waitFor(async () => {
      expect(await fixture.status()).toMatchObject({ state: 'busy' });
    });
    fixture.supervisor.signal('SIGTERM');
    expect((await running).text).toBe('"slow"');
    expect(await fixture.agent.ended).toBe('closed');
    expect(await fixture.supervisor.exit).toBe(0);
  });

  it('is a failure when the container is killed, and its invocation hears of it', async ({
    expect,
  }) => {
    const fixture = await useSupervisedAgent({ script: OBEDIENT });
    const running = fixture.invoke('"hang"');
    await vi.waitFor(async () => {
      expect(await fixture.status()).toMatchObject({ state: 'busy' });
    });
    fixture.supervisor.signal('SIGKILL');
    expect((await running).text).toContain('signal: killed');
    expect(await fixture.agent.ended).toBe('failed');
    expect(fixture.announcements.at(-1)).toMatchObject({ kind: 'failed' });
  });

  it('is the end of the supervisor', async ({ expect }) => {
    const fixture = await useSupervisedAgent({ script: ECHO });
    await fixture.agent.destroy();
    expect(await fixture.supervisor.exit).toBe(0);
    expect(existsSync(join(fixture.supervisorDir, 'control'))).toBe(true);
  });
});

describe('an agent whose container is still being made', () => {
  it('takes its function, and starts it when the container is there', async ({ expect }) => {
    const supervisorDir = useDirectory();
    const fixture = await useAgent({ script: ECHO, config: { supervisorDir } });
    await vi.waitFor(() => {
      expect(fixture.announcements.map(({ kind }) => kind)).toEqual(['waiting']);
    });
    await fixture.assign();
    const answer = fixture.invoke('"early"');
    await useSupervisor(supervisorDir);
    await fixture.ready();
    expect((await answer).text).toBe('"early"');
  });

  it('does not wait for one yet if it is a spare', async ({ expect }) => {
    const supervisorDir = useDirectory();
    const fixture = await useAgent({
      script: ECHO,
      config: { supervisorDir, spare: { runtime: 'python3.13', memorySizeMb: 512 } },
    });
    expect(fixture.announcements).toEqual([]);
    await useSupervisor(supervisorDir);
    await vi.waitFor(() => {
      expect(fixture.announcements.map(({ kind }) => kind)).toEqual(['waiting']);
    });
  });
});
