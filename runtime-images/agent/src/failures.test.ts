import { existsSync, readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { describe, it, vi } from 'vitest';
import { ECHO, isRunning, useDirectory, useReadyAgent } from './fixtures/agent-fixture.ts';
import type { AgentFixture, HttpAnswer } from './fixtures/agent-fixture.ts';

const REQUEST = { headers: { 'x-amzn-requestid': 'r-1' } };

function readPid(directory: string, name: string): number {
  return Number(readFileSync(join(directory, name), 'latin1'));
}

/** Does what the event says; echoes everything else. */
const OBEDIENT = `
writeFileSync('starts', String(Number(existsSync('starts') ? readFileSync('starts') : 0) + 1));
for (;;) {
  const i = await next();
  if (i.body === '"exit 0"') process.exit(0);
  if (i.body === '"exit 1"') process.exit(1);
  if (i.body === '"abort"') process.kill(process.pid, 'SIGSEGV');
  if (i.body === '"hang"') await hang();
  if (i.body === '"block"') { process.on('SIGTERM', () => {}); for (;;); }
  if (i.body === '"late"') { await respond(i.id, '"late"'); process.exit(3); }
  if (i.body === '"memory"') { const all = []; for (;;) { all.push(Buffer.alloc(8e6, 1)); await new Promise((r) => setTimeout(r, 5)); } }
  await respond(i.id, i.body);
}`;

function expectFunctionError(answer: HttpAnswer, errorType: string): string {
  if (answer.statusCode !== 200 || answer.headers['x-amz-function-error'] !== 'Unhandled') {
    throw new Error(`no function error: ${answer.statusCode.toString()} ${answer.text}`);
  }
  const error = JSON.parse(answer.text) as { errorType: string; errorMessage: string };
  if (error.errorType !== errorType) throw new Error(`not ${errorType}: ${answer.text}`);
  return error.errorMessage;
}

async function expectNextCallToWork({ invoke }: AgentFixture): Promise<void> {
  const answer = await invoke('"next"');
  if (answer.text !== '"next"') throw new Error(`the next call got ${answer.text}`);
}

describe('a runtime that ends in an invocation', () => {
  it.for([
    ['exit 0', 'RequestId: r-1 Error: Runtime exited without providing a reason'],
    ['exit 1', 'RequestId: r-1 Error: Runtime exited with error: exit status 1'],
    ['abort', 'RequestId: r-1 Error: Runtime exited with error: signal: segmentation fault'],
  ] as const)('by %s fails it at once', async ([event, message], { expect }) => {
    const fixture = await useReadyAgent({ script: OBEDIENT });
    const answer = await fixture.invoke(JSON.stringify(event), REQUEST);
    expect(expectFunctionError(answer, 'Runtime.ExitError')).toBe(message);
    await expectNextCallToWork(fixture);
    expect(fixture.messages().join('\n')).toContain('Status: error\tError Type: Runtime.ExitError');
  });

  it('after it has answered harms nobody', async ({ expect }) => {
    const fixture = await useReadyAgent({ script: OBEDIENT });
    expect((await fixture.invoke('"late"')).text).toBe('"late"');
    await expectNextCallToWork(fixture);
    expect(readPid(fixture.directory, 'starts')).toBe(2);
  });

  it('over and over is started again each time', async ({ expect }) => {
    const fixture = await useReadyAgent({ script: OBEDIENT });
    for (let round = 0; round < 3; round += 1) {
      expectFunctionError(await fixture.invoke('"exit 1"'), 'Runtime.ExitError');
    }
    await expectNextCallToWork(fixture);
    expect(readPid(fixture.directory, 'starts')).toBe(4);
  });
});

describe('an invocation over its deadline', () => {
  const assignment = { timeoutMs: 1_000 };

  it.for(['hang', 'block'])('is answered when the handler does %s', async (event, { expect }) => {
    const fixture = await useReadyAgent({ script: OBEDIENT, assignment });
    const answer = await fixture.invoke(JSON.stringify(event), REQUEST);
    expect(expectFunctionError(answer, 'Sandbox.Timedout')).toBe(
      'RequestId: r-1 Error: Task timed out after 1.00 seconds',
    );
    await vi.waitFor(() => {
      expect(fixture.messages().at(-1)).toMatch(/^REPORT /);
    });
    const [timeout, end, report] = fixture.messages().slice(-3);
    expect(timeout).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z r-1 Task timed out after 1\.00 seconds$/);
    expect(end).toBe('END RequestId: r-1');
    expect(report).toMatch(/\tStatus: timeout\t$/);
    await expectNextCallToWork(fixture);
  });

  it('is answered when the runtime never comes back from the one before', async ({ expect }) => {
    const fixture = await useReadyAgent({
      assignment,
      script: `const i = await next(); await respond(i.id, i.body); await hang();`,
    });
    expect((await fixture.invoke('1')).text).toBe('1');
    expectFunctionError(await fixture.invoke('2'), 'Sandbox.Timedout');
    expect((await fixture.invoke('3')).text).toBe('3');
  });

  it('pays for the start of the runtime after a reset', async ({ expect }) => {
    const fixture = await useReadyAgent({
      assignment,
      script: `await new Promise((r) => setTimeout(r, 300)); ${OBEDIENT}`,
    });
    expectFunctionError(await fixture.invoke('"exit 1"'), 'Runtime.ExitError');
    await expectNextCallToWork(fixture);
    await vi.waitFor(() => {
      expect(fixture.messages().at(-1)).toMatch(/^REPORT .*\tDuration: [3-9]\d\d\./);
    });
    expect(fixture.messages().at(-1)).not.toContain('Init Duration');
    const starts = fixture.messages().filter((message) => message.startsWith('INIT_START'));
    expect(starts).toHaveLength(2);
  });

  it('leaves files in place', async ({ expect }) => {
    const fixture = await useReadyAgent({ script: OBEDIENT, assignment });
    expectFunctionError(await fixture.invoke('"hang"'), 'Sandbox.Timedout');
    expect(existsSync(join(fixture.directory, 'starts'))).toBe(true);
  });
});

describe('a runtime over its memory', () => {
  it('is killed', async ({ expect }) => {
    const fixture = await useReadyAgent({ script: OBEDIENT, assignment: { memorySizeMb: 192 } });
    const answer = await fixture.invoke('"memory"', REQUEST);
    expect(expectFunctionError(answer, 'Runtime.ExitError')).toBe(
      'RequestId: r-1 Error: Runtime exited with error: signal: killed',
    );
    await vi.waitFor(() => {
      expect(fixture.messages().at(-1)).toContain('\tMax Memory Used: 192 MB\t');
    });
    await expectNextCallToWork(fixture);
  });
});

describe('processes that a runtime started', () => {
  // A plain child, one in a session of its own, and one that has also dropped its variables.
  const PARENT = `
const start = (name, command, args, options) => writeFileSync(name, String(spawn(command, args, { stdio: 'ignore', ...options }).pid));
start('plain', 'sleep', ['60'], {});
start('session', 'sleep', ['60'], { detached: true });
start('bare', 'sleep', ['60'], { detached: true, env: { PATH: process.env.PATH } });
start('double', 'sh', ['-c', 'setsid sh -c \\'echo $$ > orphan; exec sleep 60\\' & wait'], {});
${OBEDIENT}`;
  const NAMES = ['plain', 'session', 'bare', 'orphan'];

  it.for(['exit 1', 'hang'])('die with it: %s', async (event, { expect }) => {
    const fixture = await useReadyAgent({ script: PARENT, assignment: { timeoutMs: 1_000 } });
    await vi.waitFor(() => {
      expect(existsSync(join(fixture.directory, 'orphan'))).toBe(true);
    });
    const pids = NAMES.map((name) => readPid(fixture.directory, name));
    for (const pid of pids) expect(await isRunning(pid)).toBe(true);
    await fixture.invoke(JSON.stringify(event));
    // One without variables whose parent has gone before it cannot be found.
    const found = event === 'hang' ? pids : pids.filter((_, at) => NAMES[at] !== 'bare');
    await vi.waitFor(async () => {
      expect(await Promise.all(found.map(isRunning))).not.toContain(true);
    });
    for (const pid of pids) if (await isRunning(pid)) process.kill(pid, 'SIGKILL');
  });

  it('die with the agent', async ({ expect }) => {
    const fixture = await useReadyAgent({ script: PARENT });
    await vi.waitFor(() => {
      expect(existsSync(join(fixture.directory, 'orphan'))).toBe(true);
    });
    const pids = NAMES.map((name) => readPid(fixture.directory, name));
    await fixture.agent.destroy();
    await vi.waitFor(async () => {
      expect(await Promise.all(pids.map(isRunning))).not.toContain(true);
    });
  });
});

describe('an answer over the limit', () => {
  it('becomes Function.ResponseSizeTooLarge and the runtime goes on', async ({ expect }) => {
    const directory = useDirectory();
    const fixture = await useReadyAgent({
      directory,
      script: `let size = 7 * 1024 * 1024;
for (;;) { const i = await next(); const a = await respond(i.id, Buffer.alloc(size, 97)); appendFileSync('seen', a.status + ' '); size = 3; }`,
    });
    const answer = await fixture.invoke('{}');
    expect(expectFunctionError(answer, 'Function.ResponseSizeTooLarge')).toBe(
      'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
    );
    expect((await fixture.invoke('{}')).text).toBe('aaa');
    await vi.waitFor(() => {
      expect(readFileSync(join(directory, 'seen'), 'latin1')).toBe('413 202 ');
    });
  });

  it('may be sent in chunks when it is small enough', async ({ expect }) => {
    const { invoke } = await useReadyAgent({
      script: `for (;;) { const i = await next(); await respond(i.id, 'chunked', { 'transfer-encoding': 'chunked', 'lambda-runtime-function-response-mode': 'streaming', trailer: 'Lambda-Runtime-Function-Error-Type' }); }`,
    });
    expect((await invoke('{}')).text).toBe('chunked');
  });
});

describe('thousands of calls', () => {
  it('are answered one after the other', { timeout: 60_000 }, async ({ expect }) => {
    const connection = new Agent({ keepAlive: true, maxSockets: 1 });
    const { invoke } = await useReadyAgent({ script: ECHO });
    for (let call = 0; call < 2_000; call += 1) {
      const answer = await invoke(call.toString(), { connection });
      if (answer.text !== call.toString()) expect(answer.text).toBe(call.toString());
    }
    connection.destroy();
  });
});
