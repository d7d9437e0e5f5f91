import { type Client, Metadata, type MethodDefinition, type ServiceError } from '@grpc/grpc-js';
import type { CodeUpload } from '@mayfly/core';
import { cutIntoPieces } from './code-methods.ts';
import type { CodePiece, PutCodeAnswer } from './generated/fleet-link_pb.ts';
import { cancelOn, drained } from './operator-calls.ts';

const PUT_DEADLINE_MS = 120_000;

/** What is sent, and by which call. */
export interface ArchiveToSend {
  readonly client: Client;
  readonly method: MethodDefinition<CodePiece, PutCodeAnswer>;
  readonly archive: Uint8Array | AsyncIterable<Uint8Array>;
}

/** Sends an archive in pieces, no faster than the operator takes them. */
export async function sendArchive(
  { client, method, archive }: ArchiveToSend,
  signal: AbortSignal,
): Promise<CodeUpload> {
  const { path, requestSerialize, responseDeserialize } = method;
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
    return toUpload(await answer.promise);
  } finally {
    stop();
    // A source that broke: what came of it must not be taken for the whole.
    if (!progress.isAnswered) call.cancel();
  }
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

function ignore(): void {
  // Whoever waits for the answer hears of it.
}
