import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, vi } from 'vitest';
import {
  ECHO,
  useAgent,
  useDirectory,
  useReadyAgent,
  writeExecutable,
} from './fixtures/agent-fixture.ts';

const REQUEST = { headers: { 'x-amzn-requestid': 'r-1' } };

describe('init', () => {
  it('logs INIT_START first and nothing else when it succeeds', async ({ expect }) => {
    const { messages, ready } = await useReadyAgent();
    expect(await ready()).toMatchObject({ initOutcome: 'success' });
    await vi.waitFor(() => {
      expect(messages()).toHaveLength(1);
    });
    expect(messages()[0]).toMatch(/^INIT_START Runtime Version: nodejs24\.x\.mayfly\t/);
  });

  it('that exits is announced, reported, and tried again with the invocation', async ({
    expect,
  }) => {
    const { invoke, messages, ready } = await useReadyAgent({ script: `process.exit(1);` });
    expect(await ready()).toMatchObject({ initOutcome: 'error' });
    expect(messages().at(-1)).toMatch(
      /^INIT_REPORT Init Duration: [\d.]+ ms\tPhase: init\tStatus: error\tError Type: Runtime\.ExitError$/,
    );
    const answer = await invoke('{}', REQUEST);
    expect(answer.headers['x-amz-function-error']).toBe('Unhandled');
    expect(answer.text).toBe(
      '{"errorType":"Runtime.ExitError","errorMessage":"RequestId: r-1 Error: Runtime exited with error: exit status 1"}',
    );
    await vi.waitFor(() => {
      const kinds = messages().map((message) => message.split(' ', 1)[0]);
      expect(kinds.slice(2)).toStrictEqual(['INIT_START', 'START', 'INIT_REPORT', 'END', 'REPORT']);
    });
  });

  it('that reports an error gives its body to the caller', async ({ expect }) => {
    const { invoke, messages, ready } = await useReadyAgent({
      script: `await initError('{"errorType":"Runtime.ImportModuleError","errorMessage":"no module","trace":[]}', { 'lambda-runtime-function-error-type': 'Runtime.ImportModuleError' }); process.exit(1);`,
    });
    expect(await ready()).toMatchObject({ initOutcome: 'error' });
    expect(messages().at(-1)).toContain('Error Type: Runtime.ImportModuleError');
    const answer = await invoke('{}');
    expect(answer.headers['x-amz-function-error']).toBe('Unhandled');
    expect(answer.text).toBe(
      '{"errorType":"Runtime.ImportModuleError","errorMessage":"no module","trace":[]}',
    );
  });

  it('that reports garbage and hangs is over all the same', async ({ expect }) => {
    const { invoke, ready } = await useReadyAgent({
      script: `await initError(Buffer.from([0xff, 0x00, 0x7b])); await hang();`,
    });
    expect(await ready()).toMatchObject({ initOutcome: 'error' });
    expect([...(await invoke('{}')).body]).toStrictEqual([0xff, 0x00, 0x7b]);
  });

  it('over its deadline is killed, and later has the time of the function', async ({ expect }) => {
    const { invoke, messages, ready } = await useReadyAgent({
      script: `await new Promise((r) => setTimeout(r, 600)); ${ECHO}`,
      assignment: { initTimeoutMs: 300, timeoutMs: 3_000 },
    });
    expect(await ready()).toMatchObject({ initOutcome: 'timeout' });
    expect(messages().at(-1)).toMatch(
      /^INIT_REPORT Init Duration: [23]\d\d\.\d\d ms\tPhase: init\tStatus: timeout$/,
    );
    const answer = await invoke('1');
    expect(answer.text).toBe('1');
    expect(answer.headers).not.toHaveProperty('x-mayfly-init-duration-ms');
  });

  it('inside an invocation ends with its deadline', async ({ expect }) => {
    const { invoke } = await useReadyAgent({
      script: `await hang();`,
      assignment: { initTimeoutMs: 100, timeoutMs: 1_000 },
    });
    const answer = await invoke('1', REQUEST);
    expect(answer.text).toBe(
      '{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: r-1 Error: Task timed out after 1.00 seconds"}',
    );
  });

  it('that fails once and then succeeds serves the invocation', async ({ expect }) => {
    const { invoke } = await useReadyAgent({
      script: `if (!existsSync('tried')) { writeFileSync('tried', ''); process.exit(1); } ${ECHO}`,
    });
    expect((await invoke('1')).text).toBe('1');
    expect((await invoke('2')).text).toBe('2');
  });

  it.for([
    ['missing', `Couldn't find valid bootstrap(s): [`],
    ['not executable', 'permission denied'],
  ] as const)('with a bootstrap that is %s names it', async ([what, text], { expect }) => {
    const directory = useDirectory();
    const bootstrap = join(directory, 'bootstrap');
    if (what === 'not executable') {
      writeExecutable(bootstrap, '#!/bin/sh\n');
      chmodSync(bootstrap, 0o644);
    }
    const { invoke, ready } = await useReadyAgent({
      directory,
      assignment: { command: [bootstrap], runtime: 'provided.al2023' },
    });
    expect(await ready()).toMatchObject({ initOutcome: 'error' });
    const error = JSON.parse((await invoke('1')).text) as Record<string, string>;
    expect(error['errorType']).toBe('Runtime.InvalidEntrypoint');
    expect(error['errorMessage']).toContain(text);
  });

  it('survives a command that no process can be given', async ({ expect }) => {
    const { invoke, ready } = await useReadyAgent({
      assignment: { command: ['sh', '-c', 'a\0b'] },
    });
    expect(await ready()).toMatchObject({ initOutcome: 'error' });
    expect((await invoke('1')).text).toContain('Runtime.InvalidEntrypoint');
  });
});

describe('an invocation that comes before init is over', () => {
  it('is held until the runtime asks, and its answer says for how long', async ({ expect }) => {
    const { assign, invoke, messages } = await useAgent({
      script: `await new Promise((r) => setTimeout(r, 300)); ${ECHO}`,
      assignment: { timeoutMs: 100 },
    });
    await assign();
    const { text, headers } = await invoke('1');
    expect(text).toBe('1');
    const initMs = Number(headers['x-mayfly-init-duration-ms']);
    expect(initMs).toBeGreaterThanOrEqual(300);
    expect(Number(headers['x-mayfly-held-ms'])).toBeLessThanOrEqual(initMs);
    expect((await invoke('2')).headers).not.toHaveProperty('x-mayfly-held-ms');
    expect(messages().filter((line) => line.startsWith('INIT_START'))).toHaveLength(1);
  });

  it('has its own try when init fails', async ({ expect }) => {
    const { assign, invoke, ready } = await useAgent({
      script: `if (!existsSync('tried')) { writeFileSync('tried', ''); process.exit(1); } ${ECHO}`,
    });
    await assign();
    expect((await invoke('1')).text).toBe('1');
    expect(await ready()).toMatchObject({ initOutcome: 'error' });
  });

  it('has the time of the function when init takes too long', async ({ expect }) => {
    const { assign, invoke, ready } = await useAgent({
      script: `await hang();`,
      assignment: { initTimeoutMs: 100, timeoutMs: 1_000 },
    });
    await assign();
    expect((await invoke('1', REQUEST)).text).toContain('Task timed out after 1.00 seconds');
    expect(await ready()).toMatchObject({ initOutcome: 'timeout' });
  });

  it('is refused when its code cannot be put in place', async ({ expect }) => {
    const source = { kind: 'attached', archive: Buffer.from('x') } as const;
    const { assign, invoke, announcements } = await useAgent({
      assignment: { code: { codeSha256: `${'A'.repeat(43)}=`, codeSize: 1, source } },
    });
    const [, answer] = await Promise.all([assign(), invoke('1')]);
    expect(answer.statusCode).toBe(503);
    expect(answer.headers).toHaveProperty('x-mayfly-agent-error');
    await vi.waitFor(() => {
      expect(announcements.map(({ kind }) => kind)).toContain('failed');
    });
  });

  it('is refused when the agent ends, because no runtime has seen it', async ({ expect }) => {
    const { agent, assign, invoke } = await useAgent({ script: `await hang();` });
    await assign();
    const answering = invoke('1');
    await vi.waitFor(async () => {
      expect((await invoke('2')).statusCode).toBe(409);
    });
    await agent.destroy();
    expect((await answering).headers['x-mayfly-agent-error']).toBe('Agent.Terminating');
  });
});

describe('the runtime process', () => {
  it('has the variables of the assignment, the task root, and nothing of the host', async ({
    expect,
  }) => {
    process.env['MAYFLY_TEST_HOST_SECRET'] = 'secret';
    const { directory, invoke, agent, executionEnvironmentId } = await useReadyAgent({
      script: `for (;;) { const i = await next(); await respond(i.id, JSON.stringify({ cwd: process.cwd(), ...process.env })); }`,
      assignment: { environmentVariables: { MINE: 'é', AWS_REGION: 'mars' } },
    });
    const variables = JSON.parse((await invoke('{}')).text) as Record<string, string>;
    expect(variables).toMatchObject({
      cwd: directory,
      MINE: 'é',
      AWS_REGION: 'us-east-1',
      AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${agent.runtimeApiPort.toString()}`,
      MAYFLY_EXECUTION_ENVIRONMENT_ID: executionEnvironmentId,
    });
    expect(variables).not.toHaveProperty('MAYFLY_TEST_HOST_SECRET');
    expect(variables).not.toHaveProperty('MAYFLY_AGENT_TOKEN');
  });

  it('may be a shell script with curl', async ({ expect }) => {
    const directory = useDirectory();
    const bootstrap = join(directory, 'bootstrap');
    writeExecutable(
      bootstrap,
      `#!/bin/sh
set -eu
while true; do
  headers=$(mktemp)
  event=$(curl -sS -LD "$headers" "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next")
  id=$(grep -Fi Lambda-Runtime-Aws-Request-Id "$headers" | tr -d '[:space:]' | cut -d: -f2)
  rm "$headers"
  curl -sS "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/$id/response" -d "Echoing request: '$event'"
done
`,
    );
    const { invoke } = await useReadyAgent({
      directory,
      assignment: { command: [bootstrap], runtime: 'provided.al2023' },
    });
    expect((await invoke('{"text":"Hello"}')).text).toBe(`Echoing request: '{"text":"Hello"}'`);
  });

  it('is waited for when the announce server is gone', async ({ expect }) => {
    const { assign, invoke } = await useAgent({ config: { announceUrl: 'http://127.0.0.1:1/' } });
    await assign();
    expect((await invoke('1')).text).toBe('1');
  });
});
