import { create } from '@bufbuild/protobuf';
import {
  type Client,
  type ClientReadableStream,
  type ClientWritableStream,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import {
  type CodeUpload,
  type CodeUploads,
  CodeStoreUnavailableError,
  type ReadableArchive,
} from '@mayfly/core';
import {
  cutIntoPieces,
  FIND_CODE_METHOD,
  PUT_CODE_METHOD,
  READ_CODE_METHOD,
} from './code-methods.ts';
import {
  type CodePiece,
  type FindCodeAnswer,
  FindCodeRequestSchema,
  type PutCodeAnswer,
  ReadCodeRequestSchema,
} from './generated/fleet-link_pb.ts';
import { OperatorClients, type OperatorClientsDeps } from './operator-clients.ts';

const PUT_DEADLINE_MS = 120_000;
const FIND_DEADLINE_MS = 10_000;
const READ_DEADLINE_MS = 900_000;

/** What the gateway's end of uploads needs. */
export type GrpcCodeUploadsDeps = Omit<OperatorClientsDeps, 'serverName'> &
  Partial<Pick<OperatorClientsDeps, 'serverName'>>;

/** Uploads to the code store of the operator that leads, over gRPC and mutual TLS; on connections of their own. */
export class GrpcCodeUploads implements CodeUploads {
  readonly #clients: OperatorClients;

  constructor(deps: GrpcCodeUploadsDeps) {
    this.#clients = new OperatorClients({ serverName: undefined, ...deps });
  }

  put(archive: Uint8Array | AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<CodeUpload> {
    return this.#call(signal, async (client) =>
      toUpload(await sendArchive(client, archive, signal)),
    );
  }

  async open(codeSha256: string, signal: AbortSignal): Promise<ReadableArchive | undefined> {
    const { codeSize } = await this.#call(signal, (client) => findCode(client, codeSha256, signal));
    if (codeSize === undefined) return undefined;
    return {
      codeSize,
      read: (reading, start = 0) => this.#read({ codeSha256, start }, reading),
    };
  }

  /** Ends connections when nothing uses them any more. */
  close(): void {
    this.#clients.close();
  }

  async #call<T>(signal: AbortSignal, work: (client: Client) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const lease = await this.#clients.lease();
    let isBroken = true;
    try {
      const result = await work(lease.client);
      isBroken = false;
      return result;
    } catch (error) {
      throw explain(error, signal);
    } finally {
      lease.release(isBroken);
    }
  }

  async *#read(
    from: { readonly codeSha256: string; readonly start: number },
    signal: AbortSignal = NEVER,
  ): AsyncGenerator<Uint8Array> {
    signal.throwIfAborted();
    const lease = await this.#clients.lease();
    const call = readCode(lease.client, from);
    const stop = cancelOn(signal, call);
    let isBroken = true;
    try {
      for await (const { content } of call as AsyncIterable<CodePiece>) yield content;
      isBroken = false;
    } catch (error) {
      throw explain(error, signal);
    } finally {
      stop();
      call.cancel();
      lease.release(isBroken);
    }
  }
}

const NEVER = new AbortController().signal;

async function sendArchive(
  client: Client,
  archive: Uint8Array | AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<PutCodeAnswer> {
  const { path, requestSerialize, responseDeserialize } = PUT_CODE_METHOD;
  const answer = Promise.withResolvers<PutCodeAnswer>();
  const progress: { isAnswered: boolean } = { isAnswered: false };
  const call = client.makeClientStreamRequest(
    path,
    requestSerialize,
    responseDeserialize,
    new Metadata(),
    { deadline: Date.now() + PUT_DEADLINE_MS },
    (error: ServiceError | null, value?: PutCodeAnswer) => {
      progress.isAnswered = true;
      if (value !== undefined) answer.resolve(value);
      else answer.reject(error ?? new Error('the operator gave no answer'));
    },
  );
  const stop = cancelOn(signal, call);
  const settled = answer.promise.then(ignore, ignore);
  try {
    for await (const bytes of archive instanceof Uint8Array ? [archive] : archive) {
      for (const piece of cutIntoPieces(bytes)) {
        if (progress.isAnswered) break;
        if (!call.write(piece)) await Promise.race([drained(call), settled]);
      }
      if (progress.isAnswered) break;
    }
    call.end();
    return await answer.promise;
  } finally {
    stop();
    // A source that broke: what came of it must not be taken for the whole.
    if (!progress.isAnswered) call.cancel();
  }
}

function findCode(
  client: Client,
  codeSha256: string,
  signal: AbortSignal,
): Promise<FindCodeAnswer> {
  const { path, requestSerialize, responseDeserialize } = FIND_CODE_METHOD;
  const { promise, resolve, reject } = Promise.withResolvers<FindCodeAnswer>();
  const call = client.makeUnaryRequest(
    path,
    requestSerialize,
    responseDeserialize,
    create(FindCodeRequestSchema, { codeSha256 }),
    new Metadata(),
    { deadline: Date.now() + FIND_DEADLINE_MS },
    (error: ServiceError | null, value?: FindCodeAnswer) => {
      if (value !== undefined) resolve(value);
      else reject(error ?? new Error('the operator gave no answer'));
    },
  );
  return promise.finally(cancelOn(signal, call));
}

function readCode(
  client: Client,
  from: { readonly codeSha256: string; readonly start: number },
): ClientReadableStream<CodePiece> {
  const { path, requestSerialize, responseDeserialize } = READ_CODE_METHOD;
  return client.makeServerStreamRequest(
    path,
    requestSerialize,
    responseDeserialize,
    create(ReadCodeRequestSchema, from),
    new Metadata(),
    { deadline: Date.now() + READ_DEADLINE_MS },
  );
}

function drained(call: ClientWritableStream<CodePiece>): Promise<void> {
  return new Promise((resolve) => {
    call.once('drain', resolve);
  });
}

/** Returns the way to stop listening. */
function cancelOn(signal: AbortSignal, call: { cancel(): void }): () => void {
  const cancel = (): void => {
    call.cancel();
  };
  signal.addEventListener('abort', cancel);
  if (signal.aborted) cancel();
  return () => {
    signal.removeEventListener('abort', cancel);
  };
}

function toUpload({ answer }: PutCodeAnswer): CodeUpload {
  switch (answer.case) {
    case 'stored': {
      const { codeSha256, codeSize } = answer.value;
      return { kind: 'stored', codeSha256, codeSize };
    }
    case 'refused': {
      const { reason, message } = answer.value;
      return { kind: 'refused', reason, message };
    }
    case undefined:
      throw new Error('reading the answer of a newer operator');
  }
}

/** The operator's own words for what went wrong there; all else is that it cannot be reached. */
const OF_THE_OPERATOR: ReadonlySet<unknown> = new Set([status.UNKNOWN, status.NOT_FOUND]);

function explain(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (!isServiceError(error) || OF_THE_OPERATOR.has(error.code)) return error;
  return new CodeStoreUnavailableError('asking the operator', { cause: error });
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'details' in error;
}

function ignore(): void {
  // Whoever waits for the answer hears of it.
}
