import { execFileSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import {
  CreateFunctionCommand,
  GetFunctionCommand,
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
} from '@aws-sdk/client-lambda';
import { zipInline } from '@mayfly/code';
import { aNodeFunction } from '../helpers/manifests.ts';
import { PlatformProcess } from './platform-process.ts';
import { residentMbOf } from './proc.ts';
import { toDistribution, type Distribution } from './quantiles.ts';

const ECHO = 'exports.handler = async (event) => event;';
const FUNCTIONS = 5_000;
const READS = 500;
const CREATIONS = 20;
const AT_ONCE = 1_000;
const LISTINGS = 5;

/** What was measured of the Lambda API, embedded. Milliseconds and MB. */
export interface ApiResult {
  readonly getFunction: Distribution;
  /** From CreateFunction to the answer of the first invocation. */
  readonly createToAnswer: Distribution;
  /** Every function, by pages of 50. */
  readonly listAllMs: number;
  readonly functions: number;
  /** What the process has grown by while they were listed five times. */
  readonly listGrowthMb: number;
  /** 1,000 calls at once: when the last one was answered, and how many were not answered 200. */
  readonly burst: { readonly lastMs: number; readonly failed: number };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

async function listAll(client: LambdaClient): Promise<number> {
  let Marker: string | undefined;
  let count = 0;
  do {
    const page = await client.send(new ListFunctionsCommand({ Marker }));
    count += page.Functions?.length ?? 0;
    Marker = page.NextMarker;
  } while (Marker !== undefined);
  return count;
}

async function createAndCall(client: LambdaClient, FunctionName: string): Promise<void> {
  const settings = { Runtime: 'nodejs24.x', Handler: 'index.handler' } as const;
  const Role = 'arn:aws:iam::000000000000:role/lambda';
  const ZipFile = await zipInline({
    runtime: 'nodejs24.x',
    handler: 'index.handler',
    source: ECHO,
  });
  await client.send(
    new CreateFunctionCommand({ ...settings, FunctionName, Role, Code: { ZipFile } }),
  );
  await client.send(new InvokeCommand({ FunctionName, Payload: '{}' }));
}

async function burst(url: string): Promise<ApiResult['burst']> {
  const startedMs = performance.now();
  const answers = await Promise.all(
    Array.from({ length: AT_ONCE }, async (_, n) => {
      const response = await fetch(`${url}/2015-03-31/functions/fn-${n.toString()}`);
      await response.arrayBuffer();
      return response.status;
    }),
  );
  const failed = answers.filter((status) => status !== 200).length;
  return { lastMs: performance.now() - startedMs, failed };
}

/** Measures the Lambda API of the embedded mode, with many functions. */
export async function benchApi(): Promise<ApiResult> {
  execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
  const names = Array.from({ length: FUNCTIONS }, (_, n) => `fn-${n.toString()}`);
  const platform = new PlatformProcess(names.map((name) => aNodeFunction(name, ECHO)));
  try {
    await platform.firstAnswerMs(names.at(-1) ?? '', 120_000);
    await platform.settled();
    const { host, port } = platform.target('', '');
    const url = `http://${host}:${port.toString()}`;
    const client = new LambdaClient({
      endpoint: url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    });
    const reads: number[] = [];
    for (const FunctionName of names.slice(0, READS)) {
      reads.push(await timed(() => client.send(new GetFunctionCommand({ FunctionName }))));
    }
    const before = residentMbOf(platform.pid);
    let functions = 0;
    const listings: number[] = [];
    for (let n = 0; n < LISTINGS; n += 1) {
      listings.push(await timed(async () => (functions = await listAll(client))));
    }
    const listGrowthMb = residentMbOf(platform.pid) - before;
    const bursts = await burst(url);
    const creations: number[] = [];
    for (let n = 0; n < CREATIONS; n += 1) {
      creations.push(await timed(() => createAndCall(client, `made-${n.toString()}`)));
    }
    return {
      getFunction: toDistribution(reads),
      createToAnswer: toDistribution(creations),
      listAllMs: Math.min(...listings),
      functions,
      listGrowthMb,
      burst: bursts,
    };
  } finally {
    await platform.stop();
  }
}
