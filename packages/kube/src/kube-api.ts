import { Readable } from 'node:stream';
import {
  createConfiguration,
  HttpMethod,
  RequestContext,
  type KubeConfig,
  type ResponseContext,
} from '@kubernetes/client-node';
import { isKubeError, KubeError, KubeUnreachableError, parseKubeError } from './kube-error.ts';

/** How a body that changes an object is to be read. */
export type PatchType = 'apply' | 'merge' | 'strategic';

/** One request to the API server. */
export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  readonly patch?: PatchType;
  readonly signal?: AbortSignal | undefined;
}

/** How long the API server may be silent. */
export interface KubeDeadlines {
  /** A call, from the request to the last byte of the answer. Default: 15 s. */
  readonly callMs: number;
  /** A watch, until its answer begins. Default: 15 s. */
  readonly watchAnswerMs: number;
  /** A watch between two lines. The API server ends each after 240 s. Default: 255 s. */
  readonly watchSilenceMs: number;
}

const DEADLINES: KubeDeadlines = {
  callMs: 15_000,
  watchAnswerMs: 15_000,
  watchSilenceMs: 255_000,
};
/** After this, certificates are read anew. */
const CONNECTIONS_MAX_AGE_MS = 600_000;
const JSON_TYPE = 'application/json';
const PATCH_TYPES: Readonly<Record<PatchType, string>> = {
  apply: 'application/apply-patch+yaml',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};
const METHODS = {
  GET: HttpMethod.GET,
  POST: HttpMethod.POST,
  PUT: HttpMethod.PUT,
  PATCH: HttpMethod.PATCH,
  DELETE: HttpMethod.DELETE,
} as const;

/** Undefined: those of the whole process, for a server without TLS. */
type Dispatcher = ReturnType<RequestContext['getDispatcher']>;

/** The API server, spoken to in JSON: credentials and connections are the client library's. */
export class KubeApi {
  readonly #config: KubeConfig;
  readonly #server: string;
  readonly #http = createConfiguration({}).httpApi;
  readonly deadlines: KubeDeadlines;
  #connections: { readonly dispatcher: Dispatcher; readonly sinceMs: number } | undefined;

  /** @throws Error when the configuration names no cluster */
  constructor(config: KubeConfig, deadlines: Partial<KubeDeadlines> = {}) {
    this.#config = config;
    this.deadlines = { ...DEADLINES, ...deadlines };
    const cluster = config.getCurrentCluster();
    if (cluster === null) throw new Error('finding a cluster in the Kubernetes configuration');
    this.#server = cluster.server;
  }

  /**
   * Sends one request, within its deadline; answers what the API server says.
   * @throws KubeError for a refusal, KubeUnreachableError when there is no answer
   */
  async call(request: KubeRequest): Promise<unknown> {
    const deadline = AbortSignal.timeout(this.deadlines.callMs);
    const signal = request.signal ? AbortSignal.any([request.signal, deadline]) : deadline;
    const response = await this.#send(request, signal);
    try {
      const body = await response.body.text();
      if (response.httpStatusCode < 300) return body === '' ? undefined : JSON.parse(body);
      throw parseKubeError(response.httpStatusCode, body);
    } catch (cause) {
      if (cause instanceof KubeError) throw cause;
      const message = `reading the answer of the API server: ${request.method} ${request.path}`;
      throw new KubeUnreachableError(message, { cause });
    }
  }

  /** As `call`, for an object that may not be there. */
  async find(request: KubeRequest): Promise<unknown> {
    try {
      return await this.call(request);
    } catch (error) {
      // Any other 404 is of a kind that is not installed, or of a proxy: it says nothing of the object.
      const isMissing = error instanceof Error && 'reason' in error && error.reason === 'NotFound';
      if (isMissing && isKubeError(error, 404)) return undefined;
      throw error;
    }
  }

  /**
   * Opens an answer that goes on; the signal ends it.
   * @throws as `call`
   */
  async open(request: KubeRequest, signal: AbortSignal): Promise<Readable> {
    const response = await this.#send(request, signal);
    if (response.httpStatusCode >= 300) {
      throw parseKubeError(response.httpStatusCode, await response.body.text());
    }
    const stream = (response.body as unknown as { stream(): ReadableStream }).stream();
    return Readable.fromWeb(stream as Parameters<typeof Readable.fromWeb>[0]);
  }

  async #send(request: KubeRequest, signal: AbortSignal): Promise<ResponseContext> {
    const url = new URL(this.#server + request.path);
    for (const [name, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    const context = new RequestContext(url.toString(), METHODS[request.method]);
    context.setHeaderParam('Accept', JSON_TYPE);
    if (request.body !== undefined) {
      const type = request.patch === undefined ? JSON_TYPE : PATCH_TYPES[request.patch];
      context.setHeaderParam('Content-Type', type);
      context.setBody(JSON.stringify(request.body));
    }
    context.setSignal(signal);
    await this.#config.applySecurityAuthentication(context);
    const connections = this.#keepConnections(context.getDispatcher());
    if (connections !== undefined) context.setDispatcher(connections);
    try {
      return await this.#http.send(context).toPromise();
    } catch (cause) {
      const message = `calling the API server: ${request.method} ${request.path}`;
      throw new KubeUnreachableError(message, { cause });
    }
  }

  /** The client library offers new connections for every request: one TLS handshake each. */
  #keepConnections(offered: Dispatcher): Dispatcher {
    const nowMs = performance.now();
    const kept = this.#connections;
    if (kept !== undefined && nowMs - kept.sinceMs < CONNECTIONS_MAX_AGE_MS) return kept.dispatcher;
    // The connections before end in their own time: idle ones after seconds, watches after minutes.
    this.#connections = { dispatcher: offered, sinceMs: nowMs };
    return offered;
  }
}
