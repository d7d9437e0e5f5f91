import { type ClientDuplexStream, Metadata, status } from '@grpc/grpc-js';
import { create } from '@bufbuild/protobuf';
import {
  type CodeMirror,
  CodeNotMirroredError,
  type CodeUpload,
  type MirrorOrder,
  type MirrorReport,
  type ReadableArchive,
} from '@mayfly/core';
import { GIVE_CODE_METHOD, MIRROR_CODE_METHOD } from './code-methods.ts';
import { type MirrorOrder as OrderFrame, MirrorReportSchema } from './generated/fleet-link_pb.ts';
import type { MirrorReport as ReportFrame } from './generated/fleet-link_pb.ts';
import { GrpcCodeUploads, type GrpcCodeUploadsDeps } from './grpc-code-uploads.ts';
import {
  cancelOn,
  drained,
  explainCall,
  isServiceError,
  leaseUnlessAborted,
} from './operator-calls.ts';
import { OperatorClients } from './operator-clients.ts';
import { sendArchive } from './send-archive.ts';

/** The follower's end of mirroring the code store of the operator that leads, over gRPC and mutual TLS. */
export class GrpcCodeMirror implements CodeMirror {
  readonly #uploads: GrpcCodeUploads;
  readonly #clients: OperatorClients;

  constructor(deps: GrpcCodeUploadsDeps) {
    this.#uploads = new GrpcCodeUploads(deps);
    this.#clients = new OperatorClients({ serverName: undefined, ...deps });
  }

  open(codeSha256: string, signal: AbortSignal): Promise<ReadableArchive | undefined> {
    return this.#uploads.open(codeSha256, signal);
  }

  async give(archive: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<CodeUpload> {
    const lease = await leaseUnlessAborted(this.#clients, signal);
    let isBroken = true;
    try {
      const { client } = lease;
      const upload = await sendArchive({ client, method: GIVE_CODE_METHOD, archive }, signal);
      isBroken = false;
      return upload;
    } catch (error) {
      throw explainCall(error, signal);
    } finally {
      lease.release(isBroken);
    }
  }

  async *follow(
    reports: AsyncIterable<MirrorReport>,
    signal: AbortSignal,
  ): AsyncGenerator<MirrorOrder> {
    const lease = await leaseUnlessAborted(this.#clients, signal);
    const { path, requestSerialize, responseDeserialize } = MIRROR_CODE_METHOD;
    const call = lease.client.makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      new Metadata(),
    );
    const stop = cancelOn(signal, call);
    // Its end is heard of by who reads the orders.
    void send(call, reports).catch(() => {
      call.cancel();
    });
    try {
      for await (const frame of call as AsyncIterable<OrderFrame>) yield readOrder(frame);
    } catch (error) {
      if (isServiceError(error) && error.code === status.UNIMPLEMENTED) {
        throw new CodeNotMirroredError('mirroring the code store', { cause: error });
      }
      throw explainCall(error, signal);
    } finally {
      stop();
      call.cancel();
      lease.release(true);
    }
  }

  /** Ends connections when nothing uses them any more. */
  close(): void {
    this.#uploads.close();
    this.#clients.close();
  }
}

async function send(
  call: ClientDuplexStream<ReportFrame, OrderFrame>,
  reports: AsyncIterable<MirrorReport>,
): Promise<void> {
  for await (const { replica, kept, lost, isComplete } of reports) {
    const frame = create(MirrorReportSchema, {
      ...{ replica, isComplete },
      ...{ kept: [...kept], lost: [...lost] },
    });
    if (!call.write(frame)) await drained(call);
  }
  call.end();
}

function readOrder({ keep, drop, give, isComplete }: OrderFrame): MirrorOrder {
  return {
    keep: keep.map(({ codeSha256, codeSize }) => ({ codeSha256, codeSize })),
    ...{ drop, give, isComplete },
  };
}
