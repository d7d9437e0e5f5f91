import type { UnsignedRequest } from '@mayfly/gateway';
import { HEADERS } from '@mayfly/lambda-api';
import { z } from 'zod';
import type { Signing } from '../control-api/control-file.ts';
import { type HttpAnswer, makeHttpCall } from '../control-api/http-call.ts';
import { CliError, EXIT_CODES } from '../exit-codes.ts';

// The longest function timeout (900 s), and time to wait for an execution environment.
const INVOKE_TIMEOUT_MS = 960_000;

/** Where the Lambda API is, and what it wants requests to be signed with. */
export interface LambdaEndpoint {
  readonly gatewayUrl: string;
  readonly signing?: Signing | undefined;
}

/** One call of a function. */
export interface Invocation {
  readonly functionName: string;
  readonly qualifier?: string;
  readonly payload: Buffer;
  readonly isTailed: boolean;
  readonly isDryRun: boolean;
}

/** What the Lambda API answered. */
export interface InvokeAnswer {
  readonly statusCode: number;
  /** `Handled` or `Unhandled`; absent when the function answered well. */
  readonly functionError?: string;
  readonly executedVersion?: string;
  readonly requestId?: string;
  /** The end of the log, decoded. */
  readonly logTail?: string;
  readonly payload: Buffer;
}

/**
 * Calls `Invoke` of the Lambda API.
 * @throws CliError when the platform refuses or breaks
 */
export async function invokeFunction(
  { gatewayUrl, signing }: LambdaEndpoint,
  invocation: Invocation,
): Promise<InvokeAnswer> {
  const name = encodeURIComponent(invocation.functionName);
  const url = new URL(`/2015-03-31/functions/${name}/invocations`, gatewayUrl);
  if (invocation.qualifier !== undefined) url.searchParams.set('Qualifier', invocation.qualifier);
  const headers = {
    'content-type': 'application/json',
    [HEADERS.invocationType]: invocation.isDryRun ? 'DryRun' : 'RequestResponse',
    [HEADERS.logType]: invocation.isTailed ? 'Tail' : 'None',
  };
  const request = { method: 'POST', url: url.href, headers, body: invocation.payload } as const;
  const answer = await makeHttpCall({
    ...request,
    headers: signing === undefined ? headers : await sign(request, signing),
    timeoutMs: INVOKE_TIMEOUT_MS,
  });
  if (answer.statusCode < 200 || answer.statusCode >= 300) throw toRefusal(answer);
  return toInvokeAnswer(answer);
}

/** The gateway is much to load: only for those who need it. */
async function sign(request: UnsignedRequest, signing: Signing): Promise<Record<string, string>> {
  const { signRequest } = await import('@mayfly/gateway');
  return signRequest(request, { ...signing, nowMs: Date.now() });
}

function toInvokeAnswer(answer: HttpAnswer): InvokeAnswer {
  const functionError = headerOf(answer, HEADERS.functionError);
  const executedVersion = headerOf(answer, HEADERS.executedVersion);
  const requestId = headerOf(answer, HEADERS.requestId);
  const logResult = headerOf(answer, HEADERS.logResult);
  return {
    statusCode: answer.statusCode,
    ...(functionError !== undefined && { functionError }),
    ...(executedVersion !== undefined && { executedVersion }),
    ...(requestId !== undefined && { requestId }),
    ...(logResult !== undefined && { logTail: Buffer.from(logResult, 'base64').toString() }),
    payload: answer.body,
  };
}

const ErrorBody = z.object({
  Message: z.string().optional(),
  message: z.string().optional(),
  Reason: z.string().optional(),
});

function toRefusal(answer: HttpAnswer): CliError {
  const body = ErrorBody.safeParse(parseJson(answer.body)).data ?? {};
  const type = headerOf(answer, HEADERS.errorType) ?? `HTTP ${answer.statusCode.toString()}`;
  const message = body.Message ?? body.message ?? 'the answer holds no message';
  const reason = body.Reason === undefined ? '' : ` (${body.Reason})`;
  const exitCode = answer.statusCode >= 500 ? EXIT_CODES.platformFault : EXIT_CODES.refused;
  // The type may come as `Name:http://…`.
  return new CliError(exitCode, `${type.split(':')[0] ?? type}: ${message}${reason}`);
}

function headerOf(answer: HttpAnswer, name: string): string | undefined {
  const value = answer.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
