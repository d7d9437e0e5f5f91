import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { systemClock } from '@mayfly/telemetry';
import type { Clock } from '@mayfly/core';
import { SIGNED_AT_MS, signByAws, type Draft, type SigningOptions } from './signed-by-aws.ts';

/** It is always when all requests of tests are signed; timers go on. */
export const SIGNING_CLOCK: Clock = {
  now: () => SIGNED_AT_MS,
  after: (delayMs, callback) => systemClock.after(delayMs, callback),
  every: (periodMs, callback) => systemClock.every(periodMs, callback),
};

/** What came back. */
export interface PlainAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What differs between what was signed and what is sent. */
export interface SendOptions extends SigningOptions {
  /** Sent instead of the body that was signed. */
  readonly otherBody?: string;
}

/** Signs a request as AWS's own library does, and sends it as it was signed. */
export async function sendSigned(
  url: string,
  draft: Partial<Draft>,
  { otherBody, ...options }: SendOptions = {},
): Promise<PlainAnswer> {
  const { host } = new URL(url);
  const signed = await signByAws({ ...draft, headers: { host, ...draft.headers } }, options);
  return sendPlain(url, { ...signed, body: otherBody ?? Buffer.from(signed.body).toString() });
}

/** Sends exactly this. */
export function sendPlain(
  url: string,
  request: {
    readonly method: string;
    readonly url: string;
    readonly rawHeaders?: readonly string[];
    readonly body?: string;
  },
): Promise<PlainAnswer> {
  const { host, port } = new URL(url);
  const { promise, resolve, reject } = Promise.withResolvers<PlainAnswer>();
  const { method, rawHeaders = [], body = '' } = request;
  const hostHeader = rawHeaders.includes('host') ? [] : ['host', host];
  const headers = [
    ...hostHeader,
    ...rawHeaders,
    'content-length',
    Buffer.byteLength(body).toString(),
  ];
  const sent = httpRequest({ port, method, path: request.url, headers }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () => {
      const { statusCode: status = 0, headers: answered } = response;
      resolve({ status, headers: answered, body: Buffer.concat(chunks).toString() });
    });
  });
  sent.on('error', reject);
  sent.end(body);
  return promise;
}
