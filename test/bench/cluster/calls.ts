import { performance } from 'node:perf_hooks';

/** One call, in milliseconds. */
export interface TimedCall {
  readonly totalMs: number;
  /** Of that: start of the runtime until it asks for work; 0 when it was warm. */
  readonly initMs: number;
  /** Milliseconds of each part of a cold start, as the platform says; empty when it was warm. */
  readonly parts: ReadonlyMap<string, number>;
}

/** The first call of a process loads its HTTP client, which is none of the platform's time: this is that call. */
export async function loadClient(host: string): Promise<void> {
  await (await fetch(`http://${host}/`)).text();
}

/** Calls a function by the Invoke API over a new connection. */
export async function timeCall(host: string, functionName: string): Promise<TimedCall> {
  const startedMs = performance.now();
  const response = await fetch(`http://${host}/2015-03-31/functions/${functionName}/invocations`, {
    method: 'POST',
    body: '{}',
    headers: { 'x-amz-log-type': 'Tail', connection: 'close' },
  });
  const text = await response.text();
  const totalMs = performance.now() - startedMs;
  if (response.status !== 200) {
    throw new Error(`${functionName} answered ${String(response.status)}: ${text}`);
  }
  const tail = Buffer.from(response.headers.get('x-amz-log-result') ?? '', 'base64').toString();
  const initMs = Number(/\tInit Duration: ([\d.]+) ms/.exec(tail)?.[1] ?? '0');
  return { totalMs, initMs, parts: parseParts(response.headers.get('x-mayfly-cold-start') ?? '') };
}

/** Of `queue;dur=0.4, grant;dur=1.0`. */
function parseParts(header: string): ReadonlyMap<string, number> {
  const found = header.matchAll(/(\w+);dur=([\d.]+)/g);
  return new Map(Array.from(found, ([, name = '', ms = '0']) => [name, Number(ms)]));
}

/** Calls all at once; milliseconds until the last one was answered. */
export async function timeAll(host: string, functionNames: readonly string[]): Promise<number> {
  const startedMs = performance.now();
  await Promise.all(functionNames.map((name) => timeCall(host, name)));
  return performance.now() - startedMs;
}
