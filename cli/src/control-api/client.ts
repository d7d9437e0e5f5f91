import type { Kind, LogRecord, NewObject } from '@mayfly/core';
import { CliError, EXIT_CODES } from '../exit-codes.ts';
import { namesOfKind } from '../resource-kinds.ts';
import { ApiFailure, ApiObject, ApiObjectList } from './api-object.ts';
import { logPath, objectPath } from './api-paths.ts';
import type { ControlFile } from './control-file.ts';
import { type HttpAnswer, type HttpCall, makeHttpCall, openHttpCall } from './http-call.ts';
import { readJsonLines } from './json-lines.ts';

const CALL_TIMEOUT_MS = 15_000;

/** What became of a create or an update. */
export type WriteOutcome =
  | { readonly kind: 'written'; readonly object: ApiObject }
  /** Somebody else wrote in between: read again. */
  | { readonly kind: 'conflict' }
  | {
      readonly kind: 'invalid';
      readonly message: string;
      readonly causes: ApiFailure['details']['causes'];
    };

/** Which part of a log. */
export interface LogSelection {
  readonly name: string;
  readonly tailLines: number | undefined;
  readonly isFollowed: boolean;
}

/** The control API from a command's side. Every method throws CliError when the platform does not answer. */
export interface ControlClient {
  list(kind: Kind): Promise<readonly ApiObject[]>;
  get(kind: Kind, name: string): Promise<ApiObject | undefined>;
  create(object: NewObject): Promise<WriteOutcome>;
  update(object: ApiObject): Promise<WriteOutcome>;
  /** False when there is no such object. */
  delete(kind: Kind, name: string): Promise<boolean>;
  readLog(selection: LogSelection): AsyncIterable<LogRecord>;
}

/** A client of the platform that the control file names. */
export function makeControlClient(control: Pick<ControlFile, 'url' | 'token'>): ControlClient {
  const authorization = { authorization: `Bearer ${control.token}` };
  const makeCall = (method: HttpCall['method'], path: string, body?: unknown): HttpCall => ({
    method,
    url: new URL(path, control.url).href,
    headers: { ...authorization, ...(body !== undefined && JSON_TYPE) },
    timeoutMs: CALL_TIMEOUT_MS,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const call = (...args: Parameters<typeof makeCall>): Promise<HttpAnswer> =>
    makeHttpCall(makeCall(...args));

  return {
    async list(kind) {
      const answer = await call('GET', objectPath(namesOfKind(kind).plural));
      return ApiObjectList.parse(parseSuccess(answer)).items;
    },
    async get(kind, name) {
      const answer = await call('GET', objectPath(namesOfKind(kind).plural, name));
      return answer.statusCode === 404 ? undefined : ApiObject.parse(parseSuccess(answer));
    },
    async create(object) {
      return toWriteOutcome(
        await call('POST', objectPath(namesOfKind(object.kind).plural), object),
      );
    },
    async update(object) {
      // Objects come from the API itself, so the kind is one of ours.
      const { plural } = namesOfKind(object.kind as Kind);
      return toWriteOutcome(await call('PUT', objectPath(plural, object.metadata.name), object));
    },
    async delete(kind, name) {
      const answer = await call('DELETE', objectPath(namesOfKind(kind).plural, name));
      if (answer.statusCode === 404) return false;
      parseSuccess(answer);
      return true;
    },
    async *readLog({ name, tailLines, isFollowed }) {
      const query = new URLSearchParams({ follow: String(isFollowed) });
      if (tailLines !== undefined) query.set('tailLines', tailLines.toString());
      const path = `${logPath(name)}?${query.toString()}`;
      const answer = await openHttpCall({ ...makeCall('GET', path), isStreamed: isFollowed });
      if (answer.statusCode !== 200) {
        throw refusal(answer.statusCode ?? 0, parseFailure(await collect(answer)));
      }
      // The platform wrote these lines itself: they are LogRecords.
      yield* readJsonLines(answer) as AsyncIterable<LogRecord>;
    },
  };
}

const JSON_TYPE = { 'content-type': 'application/json' };

function toWriteOutcome(answer: HttpAnswer): WriteOutcome {
  // 404: what was to be updated has been deleted meanwhile.
  if (answer.statusCode === 409 || answer.statusCode === 404) return { kind: 'conflict' };
  if (answer.statusCode === 422) {
    const failure = parseFailure(answer.body);
    return { kind: 'invalid', message: failure.message, causes: failure.details.causes };
  }
  return { kind: 'written', object: ApiObject.parse(parseSuccess(answer)) };
}

function parseSuccess(answer: HttpAnswer): unknown {
  if (answer.statusCode >= 300) throw refusal(answer.statusCode, parseFailure(answer.body));
  return parseJson(answer.body);
}

function parseFailure(body: Buffer): ApiFailure {
  const parsed = ApiFailure.safeParse(parseJson(body));
  return parsed.success ? parsed.data : { message: '', reason: '', details: { causes: [] } };
}

function refusal(statusCode: number, failure: ApiFailure): CliError {
  if (statusCode === 401) {
    return new CliError(
      EXIT_CODES.refused,
      'the platform does not know the token of the control file: it belongs to another run of `mayfly start`',
    );
  }
  const message = failure.message === '' ? `HTTP ${statusCode.toString()}` : failure.message;
  const exitCode = statusCode >= 500 ? EXIT_CODES.platformFault : EXIT_CODES.refused;
  return new CliError(exitCode, message);
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

async function collect(chunks: AsyncIterable<unknown>): Promise<Buffer> {
  const collected: Buffer[] = [];
  for await (const chunk of chunks) collected.push(chunk as Buffer);
  return Buffer.concat(collected);
}
