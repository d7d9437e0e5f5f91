import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock, CodeUploads, ReadableArchive } from '@mayfly/core';
import { HEADERS, LambdaError } from '@mayfly/lambda-api';
import { CODE_PATH, judgeLocation } from './presign-location.ts';

/** What downloads need. */
export interface CodeRouteDeps {
  readonly codeUploads: Pick<CodeUploads, 'open'>;
  /** Addresses made with any of them are good. */
  readonly locationKeys: () => readonly string[];
  readonly clock: Clock;
}

interface CodeRoute {
  Params: { digest: string };
  Querystring: Record<string, string | string[] | undefined>;
}

const OPEN_TIMEOUT_MS = 30_000;
/** 250 MB at 2.4 Mbit/s. */
const DOWNLOAD_TIMEOUT_MS = 900_000;

/** `GET /code/<sha256>`: archives, for who has a signed address. It needs no other identity. */
export function registerCodeRoute(app: FastifyInstance, deps: CodeRouteDeps): void {
  const options = { config: { authenticatedFor: 'itself' as const } };
  app.get<CodeRoute>(`${CODE_PATH}:digest`, options, (request, reply) =>
    download(request, reply, deps),
  );
}

async function download(
  request: FastifyRequest<CodeRoute>,
  reply: FastifyReply,
  deps: CodeRouteDeps,
): Promise<FastifyReply> {
  const archive = await openClaimed(request, deps);
  const signal = AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS);
  const body = Readable.from(archive.read(signal), { objectMode: false });
  return reply
    .header(HEADERS.requestId, request.id)
    .header('content-type', 'application/zip')
    .header('content-length', archive.codeSize.toString())
    .header('x-content-type-options', 'nosniff')
    .send(body);
}

/** @throws LambdaError when the address is not good, or the archive is gone */
async function openClaimed(
  { params: { digest }, query }: FastifyRequest<CodeRoute>,
  { codeUploads, locationKeys, clock }: CodeRouteDeps,
): Promise<ReadableArchive> {
  const expires = textOf(query['expires']);
  const signature = textOf(query['signature']);
  const claim = { digest, expires, signature, nowMs: clock.now() };
  switch (judgeLocation(claim, locationKeys())) {
    case 'forged':
      throw new LambdaError(
        'InvalidSignatureException',
        'The signature of the address does not match. Ask for the function again, and use its Code.Location as it is.',
      );
    case 'expired':
      throw new LambdaError('AccessDeniedException', 'Request has expired');
    case 'good':
      break;
  }
  const codeSha256 = Buffer.from(digest, 'hex').toString('base64');
  const archive = await codeUploads.open(codeSha256, AbortSignal.timeout(OPEN_TIMEOUT_MS));
  if (archive !== undefined) return archive;
  throw new LambdaError(
    'ResourceNotFoundException',
    `The code store has no archive ${codeSha256} any more.`,
  );
}

function textOf(value: string | string[] | undefined): string {
  return typeof value === 'string' ? value : '';
}
