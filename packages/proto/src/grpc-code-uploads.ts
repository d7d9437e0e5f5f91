import { create } from '@bufbuild/protobuf';
import { type Client, type ClientReadableStream, Metadata, type ServiceError } from '@grpc/grpc-js';
import type { CodeUpload, CodeUploads, ReadableArchive } from '@mayfly/core';
import { FIND_CODE_METHOD, PUT_CODE_METHOD, READ_CODE_METHOD } from './code-methods.ts';
import {
  type CodePiece,
  type FindCodeAnswer,
  FindCodeRequestSchema,
  ReadCodeRequestSchema,
} from './generated/fleet-link_pb.ts';
import { cancelOn, explainCall } from './operator-calls.ts';
import { sendArchive } from './send-archive.ts';
import { OperatorClients, type OperatorClientsDeps } from './operator-clients.ts';

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
    return this.#call(signal, (client) =>
      sendArchive({ client, method: PUT_CODE_METHOD, archive }, signal),
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
      throw explainCall(error, signal);
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
      throw explainCall(error, signal);
    } finally {
      stop();
      call.cancel();
      lease.release(isBroken);
    }
  }
}

const NEVER = new AbortController().signal;

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
