import { create } from '@bufbuild/protobuf';
import {
  type sendUnaryData,
  type Server,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  status,
  type StatusObject,
} from '@grpc/grpc-js';
import type { CodeUpload, CodeUploads } from '@mayfly/core';
import {
  cutIntoPieces,
  FIND_CODE_METHOD,
  PUT_CODE_METHOD,
  READ_CODE_METHOD,
} from './code-methods.ts';
import {
  type CodePiece,
  type FindCodeAnswer,
  FindCodeAnswerSchema,
  type FindCodeRequest,
  type PutCodeAnswer,
  PutCodeAnswerSchema,
  type ReadCodeRequest,
} from './generated/fleet-link_pb.ts';
import type { LinkLogger } from './link-logger.ts';

/** Of a gateway that sets no deadline of its own. */
const PUT_DEADLINE_MS = 120_000;
const FIND_DEADLINE_MS = 30_000;
const READ_DEADLINE_MS = 900_000;

/** Adds the calls that take archives into the code store and give them. */
export function serveCode(server: Server, uploads: CodeUploads, logger: LinkLogger): void {
  const fail = (err: unknown): Partial<StatusObject> => explain(err, logger);
  server.addService(
    { putCode: PUT_CODE_METHOD, findCode: FIND_CODE_METHOD, readCode: READ_CODE_METHOD },
    {
      putCode: (
        call: ServerReadableStream<CodePiece, PutCodeAnswer>,
        answer: sendUnaryData<PutCodeAnswer>,
      ) => {
        takeArchive({ call, answer, logger }, (archive, signal) => uploads.put(archive, signal));
      },
      findCode: (
        call: ServerUnaryCall<FindCodeRequest, FindCodeAnswer>,
        answer: sendUnaryData<FindCodeAnswer>,
      ) => {
        uploads.open(call.request.codeSha256, signalOf(call, FIND_DEADLINE_MS)).then(
          (archive) => {
            const { codeSize } = archive ?? {};
            answer(null, create(FindCodeAnswerSchema, codeSize === undefined ? {} : { codeSize }));
          },
          (error: unknown) => {
            answer(fail(error));
          },
        );
      },
      readCode: (call: ServerWritableStream<ReadCodeRequest, CodePiece>) => {
        give(call, uploads).catch((error: unknown) => {
          if (!call.cancelled) call.emit('error', fail(error));
        });
      },
    },
  );
}

/** A call that brings an archive. */
export interface ArchiveCall {
  readonly call: ServerReadableStream<CodePiece, PutCodeAnswer>;
  readonly answer: sendUnaryData<PutCodeAnswer>;
  readonly logger: LinkLogger;
}

/** Answers a call that brings an archive by what becomes of that. */
export function takeArchive(
  { call, answer, logger }: ArchiveCall,
  take: (archive: AsyncIterable<Uint8Array>, signal: AbortSignal) => Promise<CodeUpload>,
): void {
  const signal = signalOf(call, PUT_DEADLINE_MS);
  signal.addEventListener('abort', () => {
    call.destroy(signal.reason as Error);
  });
  take(contentOf(call), signal).then(
    (upload) => {
      answer(null, toAnswer(upload));
    },
    (error: unknown) => {
      answer(call.cancelled ? GONE : explain(error, logger));
    },
  );
}

function explain(err: unknown, logger: LinkLogger): Partial<StatusObject> {
  logger.warn({ err }, 'an archive could not be kept or given');
  return { code: status.UNKNOWN, details: 'the code store failed: see the log of the operator' };
}

const GONE: Partial<StatusObject> = { code: status.CANCELLED, details: 'the gateway is gone' };

/** No faster than the gateway reads. */
async function give(
  call: ServerWritableStream<ReadCodeRequest, CodePiece>,
  uploads: CodeUploads,
): Promise<void> {
  const { codeSha256, start } = call.request;
  const signal = signalOf(call, READ_DEADLINE_MS);
  const archive = await uploads.open(codeSha256, signal);
  if (archive === undefined) {
    call.emit('error', { code: status.NOT_FOUND, details: `there is no archive ${codeSha256}` });
    return;
  }
  for await (const bytes of archive.read(signal, start)) {
    for (const piece of cutIntoPieces(bytes)) {
      if (!call.write(piece)) await drained(call, signal);
    }
  }
  call.end();
}

/** When the other end takes more. */
export function drained(call: NodeJS.EventEmitter, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const go = (): void => {
    resolve(undefined);
  };
  const stop = (): void => {
    reject(signal.reason as Error);
  };
  call.once('drain', go);
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  return promise.finally(() => {
    call.off('drain', go);
    signal.removeEventListener('abort', stop);
  });
}

/** Aborts when the other end is gone, and in the end. */
function signalOf(call: NodeJS.EventEmitter, deadlineMs: number): AbortSignal {
  return AbortSignal.any([goneSignalOf(call), AbortSignal.timeout(deadlineMs)]);
}

/** Aborts when the other end is gone. */
export function goneSignalOf(call: NodeJS.EventEmitter): AbortSignal {
  const gone = new AbortController();
  call.on('cancelled', () => {
    gone.abort(new Error('the other end is gone'));
  });
  return gone.signal;
}

async function* contentOf(
  call: ServerReadableStream<CodePiece, PutCodeAnswer>,
): AsyncGenerator<Uint8Array> {
  for await (const { content } of call as AsyncIterable<CodePiece>) yield content;
}

function toAnswer(upload: CodeUpload): PutCodeAnswer {
  switch (upload.kind) {
    case 'stored': {
      const { codeSha256, codeSize } = upload;
      return create(PutCodeAnswerSchema, {
        answer: { case: 'stored', value: { codeSha256, codeSize } },
      });
    }
    case 'refused': {
      const { reason, message } = upload;
      return create(PutCodeAnswerSchema, {
        answer: { case: 'refused', value: { reason, message } },
      });
    }
  }
}
