import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { eventually } from '@mayfly/testkit';
import { onTestFailed, onTestFinished } from 'vitest';

/** Namespace of the platform. */
export const SYSTEM_NAMESPACE = 'mayfly-system';
/** Namespace whose functions the Lambda API shows. */
export const API_NAMESPACE = 'default';

const KUBECTL_DEADLINE_MS = 60_000;
const CALL_DEADLINE_MS = 180_000;
const LOG_LINES = '40';
let functionsMade = 0;

/** Runs kubectl; what it prints, or an error with what it complains of. */
export function kubectl(...args: readonly string[]): string {
  return execFileSync('kubectl', args, {
    encoding: 'utf8',
    timeout: KUBECTL_DEADLINE_MS,
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** As `kubectl`, while the test goes on. */
export async function kubectlAsync(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('kubectl', args, { maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

/** Applies an object as a user does; answers what kubectl says. */
export function apply(object: object): string {
  return execFileSync('kubectl', ['apply', '-f', '-'], {
    input: JSON.stringify(object),
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** What the API server complains of when it is asked to take an object. */
export function refusalOf(object: object): string {
  try {
    apply(object);
  } catch (error) {
    return String((error as { stderr?: unknown }).stderr);
  }
  throw new Error('the API server took it');
}

/** A Function's manifest. */
export function aFunctionManifest(
  name: string,
  spec: Readonly<Record<string, unknown>>,
  namespace = API_NAMESPACE,
): object {
  return {
    apiVersion: 'mayfly.dev/v1alpha1',
    kind: 'Function',
    metadata: { name, namespace },
    spec,
  };
}

/** A Node.js function from source text. */
export function nodeSpec(
  source: string,
  spec: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return { runtime: 'nodejs24.x', handler: 'index.handler', code: { inline: source }, ...spec };
}

/** A name that no other test of this run has. */
export function uniqueName(prefix: string): string {
  functionsMade += 1;
  return `${prefix}-${Date.now().toString(36)}-${functionsMade.toString()}`;
}

/** Makes a Function that goes with the test, and waits until it can be called. */
export async function useFunction(
  spec: Readonly<Record<string, unknown>>,
  namespace = API_NAMESPACE,
): Promise<string> {
  explainFailure(namespace);
  const name = uniqueName('fn');
  onTestFinished(() => {
    deleteFunction(name, namespace);
  });
  await createFunction(name, spec, namespace);
  return name;
}

/** Makes a Function that outlives the test, and waits until it can be called. */
export async function createFunction(
  name: string,
  spec: Readonly<Record<string, unknown>>,
  namespace = API_NAMESPACE,
): Promise<void> {
  apply(aFunctionManifest(name, spec, namespace));
  await waitReady(name, namespace);
}

/** Deletes a Function, if it is there, and does not wait. */
export function deleteFunction(name: string, namespace = API_NAMESPACE): void {
  kubectl('delete', 'fn', name, '-n', namespace, '--ignore-not-found', '--wait=false');
}

/** Waits until the operator has taken in the Function as it is now, and serves it. */
export async function waitReady(name: string, namespace = API_NAMESPACE): Promise<void> {
  await eventually(
    () => {
      const fn = getFunction(name, namespace);
      const ready = fn.status?.conditions?.find((c) => c.type === 'Ready');
      const isCurrent = fn.status?.observedGeneration === fn.metadata.generation;
      if (!isCurrent || ready?.status !== 'True') {
        throw new Error(`${name} is not ready: ${JSON.stringify(fn.status)}`);
      }
    },
    // After a failure the next leader may have to wait for its restart, and for the Lease.
    { timeoutMs: 90_000 },
  );
}

/** The part of a Function that tests look at. */
export interface FunctionObject {
  readonly metadata: { readonly generation: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly state?: string;
    readonly url?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason: string;
      readonly message: string;
    }[];
  };
}

/** The object as it is. */
export function getFunction(name: string, namespace = API_NAMESPACE): FunctionObject {
  return JSON.parse(kubectl('get', 'fn', name, '-n', namespace, '-o', 'json')) as FunctionObject;
}

/** A pod, as far as tests look. */
export interface PodObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly deletionTimestamp?: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly phase: string;
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** Pods that a selector finds and that are not on their way out. */
export function getPods(selector: string, namespace: string): readonly PodObject[] {
  const found = kubectl('get', 'pods', '-n', namespace, '-l', selector, '-o', 'json');
  const { items } = JSON.parse(found) as { items: readonly PodObject[] };
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

/** The execution environments of a function. */
export function podsOf(name: string, namespace = API_NAMESPACE): readonly PodObject[] {
  return getPods(`mayfly.dev/function=${name}`, namespace);
}

let knownGatewayUrl: string | undefined;

/** Where the gateways answer: the Service, whose address stays. */
export function gatewayUrl(): string {
  knownGatewayUrl ??= readGatewayUrl();
  return knownGatewayUrl;
}

function readGatewayUrl(): string {
  const ip = kubectl(
    ...['get', 'service', 'mayfly-gateway', '-n', SYSTEM_NAMESPACE],
    ...['-o', 'jsonpath={.spec.clusterIP}'],
  );
  return `http://${ip}`;
}

/** Path of the Invoke API. */
export function invokeUrl(name: string): string {
  return `${gatewayUrl()}/2015-03-31/functions/${name}/invocations`;
}

/** Path of a function URL that needs no wildcard name. */
export function pathUrl(name: string, namespace = API_NAMESPACE): string {
  return `${gatewayUrl()}/url/${namespace}/${name}/`;
}

/** What a call gave. */
export interface CallAnswer {
  readonly status: number;
  readonly functionError: string | undefined;
  /** `$LATEST` or a number. */
  readonly executedVersion: string | undefined;
  readonly payload: unknown;
}

/** Calls a function by the Invoke API. */
export async function invoke(name: string, payload: unknown = {}): Promise<CallAnswer> {
  const body = JSON.stringify(payload);
  // Over a connection of its own: gateways come and go between calls.
  const call = request(invokeUrl(name), {
    method: 'POST',
    agent: false,
    headers: { 'content-length': Buffer.byteLength(body) },
    signal: AbortSignal.timeout(CALL_DEADLINE_MS),
  });
  call.end(body);
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  const answer = await text(response);
  return {
    status: response.statusCode ?? 0,
    functionError: headerOf(response, 'x-amz-function-error'),
    executedVersion: headerOf(response, 'x-amz-executed-version'),
    payload: parse(answer),
  };
}

function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** Calls so many times at once, so that there are as many execution environments: the function must take its time. */
export async function warmUp(name: string, count: number, payload: unknown): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => invoke(name, payload)));
}

function parse(answer: string): unknown {
  try {
    return JSON.parse(answer);
  } catch {
    return answer;
  }
}

/** Shows what the cluster thinks, should the test fail. */
export function explainFailure(namespace = API_NAMESPACE): void {
  onTestFailed(() => {
    const show = (...args: readonly string[]): void => {
      try {
        console.error(`$ kubectl ${args.join(' ')}\n${kubectl(...args)}`);
      } catch (error) {
        console.error(`$ kubectl ${args.join(' ')}\n${String(error)}`);
      }
    };
    show('get', 'fn,pods', '-n', namespace, '-o', 'wide');
    show('get', 'events', '-n', namespace, '--sort-by=.lastTimestamp');
    show('get', 'pods', '-n', SYSTEM_NAMESPACE, '-o', 'wide');
    for (const component of ['operator', 'gateway']) {
      const selector = `app.kubernetes.io/component=${component}`;
      show('logs', '-n', SYSTEM_NAMESPACE, '-l', selector, `--tail=${LOG_LINES}`, '--prefix');
    }
  });
}
