import { create } from '@bufbuild/protobuf';
import type { MethodDefinition } from '@grpc/grpc-js';
import { codec } from './codec.ts';
import {
  type CodePiece,
  CodePieceSchema,
  type FindCodeAnswer,
  FindCodeAnswerSchema,
  type FindCodeRequest,
  FindCodeRequestSchema,
  FleetLinkService,
  type MirrorOrder,
  MirrorOrderSchema,
  type MirrorReport,
  MirrorReportSchema,
  type PutCodeAnswer,
  PutCodeAnswerSchema,
  type ReadCodeRequest,
  ReadCodeRequestSchema,
} from './generated/fleet-link_pb.ts';

const SERVICE = `/${FleetLinkService.typeName}`;
const MAX_PIECE_BYTES = 64 * 1024;

/** Keeps an archive. */
export const PUT_CODE_METHOD: MethodDefinition<CodePiece, PutCodeAnswer> = {
  path: `${SERVICE}/${FleetLinkService.method.putCode.name}`,
  requestStream: true,
  responseStream: false,
  ...codec(CodePieceSchema, 'request'),
  ...codec(PutCodeAnswerSchema, 'response'),
};

/** Says what there is of a digest. */
export const FIND_CODE_METHOD: MethodDefinition<FindCodeRequest, FindCodeAnswer> = {
  path: `${SERVICE}/${FleetLinkService.method.findCode.name}`,
  requestStream: false,
  responseStream: false,
  ...codec(FindCodeRequestSchema, 'request'),
  ...codec(FindCodeAnswerSchema, 'response'),
};

/** Gives an archive. */
export const READ_CODE_METHOD: MethodDefinition<ReadCodeRequest, CodePiece> = {
  path: `${SERVICE}/${FleetLinkService.method.readCode.name}`,
  requestStream: false,
  responseStream: true,
  ...codec(ReadCodeRequestSchema, 'request'),
  ...codec(CodePieceSchema, 'response'),
};

/** Mirrors all archives. */
export const MIRROR_CODE_METHOD: MethodDefinition<MirrorReport, MirrorOrder> = {
  path: `${SERVICE}/${FleetLinkService.method.mirrorCode.name}`,
  requestStream: true,
  responseStream: true,
  ...codec(MirrorReportSchema, 'request'),
  ...codec(MirrorOrderSchema, 'response'),
};

/** Gives an archive that was asked for. */
export const GIVE_CODE_METHOD: MethodDefinition<CodePiece, PutCodeAnswer> = {
  path: `${SERVICE}/${FleetLinkService.method.giveCode.name}`,
  requestStream: true,
  responseStream: false,
  ...codec(CodePieceSchema, 'request'),
  ...codec(PutCodeAnswerSchema, 'response'),
};

/** Bytes as frames of 64 KiB at most; nothing is copied before a frame is sent. */
export function* cutIntoPieces(bytes: Uint8Array): Generator<CodePiece> {
  for (let at = 0; at < bytes.byteLength; at += MAX_PIECE_BYTES) {
    const content = bytes.subarray(at, at + MAX_PIECE_BYTES);
    yield create(CodePieceSchema, { content: content });
  }
}
