import { connect } from 'node:net';
import { describe, it } from 'vitest';
import { aNodeFunction, usePlatform, type FunctionManifest } from '../helpers/platform.ts';

const ECHO = aNodeFunction('echo', 'exports.handler = async (event) => event;');
const SIX_MB = 6 * 1024 * 1024;

/** Sends bytes as they are and returns all that comes back. */
async function sendBytes(gatewayUrl: string, bytes: string | Buffer): Promise<string> {
  const { hostname, port } = new URL(gatewayUrl);
  const socket = connect({ host: hostname, port: Number(port) });
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let answer = '';
  socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
  socket.on('close', () => {
    resolve(undefined);
  });
  socket.on('error', () => undefined);
  socket.end(bytes);
  await promise;
  return answer;
}

describe('a bad request', () => {
  it.for([
    { name: 'malformed JSON', body: '{"a":', code: 'InvalidRequestContentException', status: 400 },
    { name: 'no JSON at all', body: 'value', code: 'InvalidRequestContentException', status: 400 },
    {
      name: '7 MB',
      body: `"${'x'.repeat(7 * 1024 * 1024)}"`,
      code: 'RequestTooLargeException',
      status: 413,
    },
  ])(
    'with $name is refused, and the next call works',
    async ({ body, code, status }, { expect }) => {
      const { invoke } = await usePlatform({ functions: [ECHO] });

      const answer = await invoke('echo', undefined, { rawBody: body });

      expect([answer.statusCode, answer.headers.get('x-amzn-errortype')]).toEqual([status, code]);
      expect((await invoke('echo', { next: 1 })).payload).toEqual({ next: 1 });
    },
  );

  it('passes a payload of just under 6 MB both ways', async ({ expect }) => {
    const { invoke } = await usePlatform({ functions: [ECHO] });
    const body = JSON.stringify('x'.repeat(SIX_MB - 1024));

    const answer = await invoke('echo', undefined, { rawBody: body });

    expect(answer.statusCode).toBe(200);
    expect(answer.raw.equals(Buffer.from(body))).toBe(true);
  });

  it.for([
    { name: 'nobody', code: 'ResourceNotFoundException', status: 404 },
    { name: 'echo@42', code: 'ResourceNotFoundException', status: 404 },
    { name: 'echo@bad qualifier!', code: 'ValidationException', status: 400 },
    { name: 'not a name', code: 'ValidationException', status: 400 },
  ])('for $name is answered with $code', async ({ name, code, status }, { expect }) => {
    const { invoke } = await usePlatform({ functions: [ECHO] });

    const answer = await invoke(name);

    expect([answer.statusCode, answer.headers.get('x-amzn-errortype')]).toEqual([status, code]);
  });

  it('survives odd bytes on the connection', async ({ expect }) => {
    const { invoke, gatewayUrl } = await usePlatform({ functions: [ECHO] });
    const requests = [
      'POST /2015-03-31/functions/echo/invocations HTTP/1.1\r\nhost: x\r\nx-odd: \x01\x02\r\ncontent-length: 2\r\n\r\n{}',
      'POST /2015-03-31/functions/echo/invocations HTTP/1.1\r\nhost: x\r\nx-latin: \xe9\xff\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}',
      `GET /url/default/echo/ HTTP/1.1\r\nhost: x\r\nx-long: ${'a'.repeat(100_000)}\r\n\r\n`,
      'POST /2015-03-31/functions/%FF%00/invocations HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n',
      Buffer.from([0, 1, 2, 3, 255, 254, 13, 10, 13, 10]),
    ];

    for (const bytes of requests) {
      const answer = await sendBytes(
        gatewayUrl,
        typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes,
      );
      expect(answer).not.toMatch(/^HTTP\/1\.1 5/);
    }
    expect((await invoke('echo', { next: 1 })).payload).toEqual({ next: 1 });
  });

  it('frees its place when the client goes away', async ({ expect }) => {
    const slow = aNodeFunction(
      'slow',
      `let n = 0; exports.handler = async () => { n += 1; await new Promise((r) => setTimeout(r, 300)); return n; };`,
      { reservedConcurrentExecutions: 1 },
    );
    const { invoke } = await usePlatform({ functions: [slow] });
    await invoke('slow');
    const gone = new AbortController();
    const aborted = invoke('slow', {}, { signal: gone.signal }).catch(() => 'aborted');
    gone.abort();
    await aborted;

    await expect.poll(async () => (await invoke('slow')).statusCode, { timeout: 10_000 }).toBe(200);
  });
});

interface BadFunction {
  readonly it: string;
  readonly manifest: FunctionManifest;
  readonly error: RegExp;
}

const SPEC = { timeout: 2 };
const BAD_FUNCTIONS: readonly BadFunction[] = [
  {
    it: 'names a handler that does not exist',
    manifest: aNodeFunction('bad', 'exports.other = 1;', SPEC),
    error: /Runtime\.HandlerNotFound/,
  },
  {
    it: 'has a syntax error',
    manifest: aNodeFunction('bad', 'exports.handler = async ( => 1;', SPEC),
    error: /Runtime\.UserCodeSyntaxError/,
  },
  {
    it: 'exits in init',
    manifest: aNodeFunction('bad', 'process.exit(1);', SPEC),
    error: /Runtime\.ExitError.*exit status 1/,
  },
  {
    it: 'exits in the handler',
    manifest: aNodeFunction('bad', 'exports.handler = async () => process.exit(1);', SPEC),
    error: /Runtime\.ExitError.*exit status 1/,
  },
  {
    it: 'loops for ever',
    manifest: aNodeFunction('bad', 'exports.handler = async () => { for (;;) {} };', {
      timeout: 1,
    }),
    error: /Sandbox\.Timedout.*Task timed out after 1\.00 seconds/,
  },
  {
    it: 'uses up its memory',
    manifest: aNodeFunction(
      'bad',
      'exports.handler = async () => { const all = []; for (;;) all.push(Buffer.alloc(4e6, 1)); };',
      { timeout: 20 },
    ),
    error: /Runtime\.(ExitError|OutOfMemory)/,
  },
  {
    it: 'throws',
    manifest: aNodeFunction(
      'bad',
      "exports.handler = async () => { throw new TypeError('no'); };",
      SPEC,
    ),
    error: /"errorType":"TypeError","errorMessage":"no"/,
  },
  {
    it: 'answers more than 6 MB',
    manifest: aNodeFunction('bad', "exports.handler = async () => 'x'.repeat(7e6);", {
      timeout: 10,
    }),
    error: /Function\.ResponseSizeTooLarge/,
  },
  {
    it: 'has a bootstrap that cannot be run',
    manifest: {
      name: 'bad',
      spec: { runtime: 'provided.al2023', handler: 'x.y', ...SPEC },
      files: { 'other.txt': 'no bootstrap here' },
    },
    error: /Runtime\.InvalidEntrypoint/,
  },
];

describe('a function that', () => {
  it.for(BAD_FUNCTIONS)(
    '$it gives an error each time, and its neighbour works',
    async (row, { expect }) => {
      const { invoke } = await usePlatform({ functions: [row.manifest, ECHO] });

      for (let call = 0; call < 2; call += 1) {
        const answer = await invoke('bad');
        expect(answer.statusCode).toBe(200);
        expect(answer.functionError).toBe('Unhandled');
        expect(answer.raw.toString()).toMatch(row.error);
      }
      expect((await invoke('echo', { next: 1 })).payload).toEqual({ next: 1 });
    },
  );

  it('writes 50 MB of output still answers, and its log stays bounded', async ({ expect }) => {
    const flood = `exports.handler = async () => {
      const line = 'y'.repeat(1023) + '\\n';
      for (let i = 0; i < 50 * 1024; i += 1) if (!process.stdout.write(line)) await new Promise((r) => process.stdout.once('drain', r));
      return 'done';
    };`;
    const { invoke, logs } = await usePlatform({
      functions: [aNodeFunction('flood', flood, { timeout: 60 })],
    });

    const answer = await invoke('flood', {}, { logTail: true });

    expect(answer.payload).toBe('done');
    expect(Buffer.byteLength(answer.logTail ?? '')).toBeLessThanOrEqual(4096);
    expect(answer.logTail).toContain('REPORT RequestId');
    const kept = (await logs('flood')).reduce((sum, line) => sum + line.length, 0);
    expect(kept).toBeLessThan(40e6);
    expect((await invoke('flood')).payload).toBe('done');
  });
});

/** A runtime that misbehaves on the Runtime API: gets an event, then runs `script` with $ID and $API set. */
function aRogueRuntime(script: string): FunctionManifest {
  const bootstrap = `#!/bin/bash
API="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
while true; do
  HEADERS="$(mktemp)"
  curl -sS -LD "$HEADERS" "$API/invocation/next" >/dev/null
  ID=$(grep -Fi Lambda-Runtime-Aws-Request-Id "$HEADERS" | tr -d '[:space:]' | cut -d: -f2)
  ${script}
done
`;
  return {
    name: 'rogue',
    spec: { runtime: 'provided.al2023', handler: 'x.y', timeout: 5 },
    files: { bootstrap },
  };
}

describe('a runtime that', () => {
  it.for([
    {
      it: 'answers twice',
      script: `curl -s "$API/invocation/$ID/response" -d '"first"' >/dev/null; curl -s "$API/invocation/$ID/response" -d '"second"' >/dev/null`,
    },
    {
      it: 'answers an unknown id',
      script: `curl -s "$API/invocation/unknown/response" -d '"wrong"' >/dev/null; curl -s "$API/invocation/$ID/response" -d '"first"' >/dev/null`,
    },
    {
      it: 'sends garbage to the Runtime API',
      script: `printf 'GARBAGE\\0\\1\\2 / HTTP/9\\r\\n\\r\\n' > /dev/tcp/127.0.0.1/\${AWS_LAMBDA_RUNTIME_API##*:}; curl -s -X PUT "$API/nowhere" >/dev/null; curl -s "$API/invocation/$ID/response" -d '"first"' >/dev/null`,
    },
  ])('$it harms nobody', async ({ script }, { expect }) => {
    const { invoke } = await usePlatform({ functions: [aRogueRuntime(script), ECHO] });

    for (let call = 0; call < 3; call += 1) expect((await invoke('rogue')).payload).toBe('first');
    expect((await invoke('echo', { next: 1 })).payload).toEqual({ next: 1 });
  });

  it('answers with bytes that are no JSON has them passed on', async ({ expect }) => {
    const { invoke } = await usePlatform({
      functions: [
        aRogueRuntime(
          `printf '\\x80\\x81 not json' | curl -s "$API/invocation/$ID/response" --data-binary @- >/dev/null`,
        ),
      ],
    });

    const answer = await invoke('rogue');

    expect(answer.statusCode).toBe(200);
    expect(answer.raw.subarray(0, 2)).toEqual(Buffer.from([0x80, 0x81]));
  });
});
