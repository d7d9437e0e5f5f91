import { create } from '@bufbuild/protobuf';
import {
  type sendUnaryData,
  type Server,
  type ServerDuplexStream,
  type ServerReadableStream,
  status,
} from '@grpc/grpc-js';
import type { CodeMirror, MirrorReport } from '@mayfly/core';
import { GIVE_CODE_METHOD, MIRROR_CODE_METHOD } from './code-methods.ts';
import {
  type CodePiece,
  type MirrorOrder as OrderFrame,
  MirrorOrderSchema,
  type MirrorReport as ReportFrame,
  type PutCodeAnswer,
} from './generated/fleet-link_pb.ts';
import type { LinkLogger } from './link-logger.ts';
import { drained, goneSignalOf, takeArchive } from './serve-code.ts';

/** Adds the calls by which other operators mirror the code store. */
export function serveMirror(server: Server, mirror: CodeMirror, logger: LinkLogger): void {
  server.addService(
    { mirrorCode: MIRROR_CODE_METHOD, giveCode: GIVE_CODE_METHOD },
    {
      mirrorCode: (call: ServerDuplexStream<ReportFrame, OrderFrame>) => {
        follow(call, mirror).catch((err: unknown) => {
          if (call.cancelled) return;
          logger.warn({ err }, 'mirroring of the code store broke');
          call.emit('error', { code: status.UNKNOWN, details: 'see the log of the operator' });
        });
      },
      giveCode: (
        call: ServerReadableStream<CodePiece, PutCodeAnswer>,
        answer: sendUnaryData<PutCodeAnswer>,
      ) => {
        takeArchive({ call, answer, logger }, (archive, signal) => mirror.give(archive, signal));
      },
    },
  );
}

async function follow(
  call: ServerDuplexStream<ReportFrame, OrderFrame>,
  mirror: CodeMirror,
): Promise<void> {
  const signal = goneSignalOf(call);
  for await (const { keep, drop, give, isComplete } of mirror.follow(reportsOf(call), signal)) {
    const frame = create(MirrorOrderSchema, {
      keep: [...keep],
      drop: [...drop],
      give: [...give],
      isComplete,
    });
    if (!call.write(frame)) await drained(call, signal);
  }
  call.end();
}

async function* reportsOf(
  call: ServerDuplexStream<ReportFrame, OrderFrame>,
): AsyncGenerator<MirrorReport> {
  for await (const { replica, kept, lost, isComplete } of call as AsyncIterable<ReportFrame>) {
    yield { replica, kept, lost, isComplete };
  }
}
