import { Readable } from 'node:stream';
import { functionNameOf } from '@mayfly/api';
import type { LogRecord, ResourceStore } from '@mayfly/core';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { namesOfKind } from '../resource-kinds.ts';
import { ApiStatusError } from './api-status.ts';
import { notFound, refuseOtherNamespaces } from './object-routes.ts';

/** Which part of what is kept: all of it without `tailLines`. */
interface LogPast {
  readonly tailLines?: number;
}

/** The logs of the platform, as far as the control API needs them. Oldest first. */
export interface ControlLogs {
  /** What is kept. */
  read(functionName: string, past: LogPast): Promise<readonly LogRecord[]>;
  /** What is kept and then what is logged until the signal aborts, without a gap or a repetition. */
  follow(functionName: string, signal: AbortSignal, past: LogPast): AsyncIterable<LogRecord>;
}

/** What the log route needs. */
export interface LogRoutesDeps {
  readonly store: ResourceStore;
  readonly logs: ControlLogs;
}

const LogQuery = z.object({
  tailLines: z.coerce.number().int().min(0).optional(),
  follow: z.enum(['true', 'false']).default('false'),
});

/** Adds the log of a function: one LogRecord a line. Streams that follow end when the server closes. */
export function registerLogRoutes(server: FastifyInstance, deps: LogRoutesDeps): void {
  const closing = new AbortController();
  server.addHook('preClose', (done) => {
    closing.abort();
    done();
  });
  server.get<{ Params: { namespace: string; name: string } }>(
    '/api/v1/namespaces/:namespace/functions/:name/log',
    async (request, reply) => {
      refuseOtherNamespaces(request.params.namespace);
      const { tailLines, follow } = parseQuery(request.query);
      const past = tailLines === undefined ? {} : { tailLines };
      const functionName = await resolveFunctionName(deps.store, request.params);
      reply.type('application/x-ndjson');
      if (follow === 'false') {
        const records = await deps.logs.read(functionName, past);
        return reply.send(records.map(toLine).join(''));
      }
      const left = new AbortController();
      reply.raw.once('close', () => {
        left.abort();
      });
      const signal = AbortSignal.any([closing.signal, left.signal]);
      return reply.send(Readable.from(toLines(deps.logs.follow(functionName, signal, past))));
    },
  );
}

function parseQuery(query: unknown): z.infer<typeof LogQuery> {
  const parsed = LogQuery.safeParse(query);
  if (parsed.success) return parsed.data;
  throw new ApiStatusError(
    'BadRequest',
    'tailLines must be a number from 0, and follow true or false',
  );
}

// Logs are kept under the name of the Lambda API; users may give that or the object's name.
async function resolveFunctionName(
  store: ResourceStore,
  key: { readonly namespace: string; readonly name: string },
): Promise<string> {
  const byObjectName = await store.get('Function', key);
  if (byObjectName !== undefined) return functionNameOf(byObjectName);
  const { items } = await store.list('Function');
  const byFunctionName = items.find((fn) => functionNameOf(fn) === key.name);
  if (byFunctionName === undefined) throw notFound(namesOfKind('Function'), key.name);
  return functionNameOf(byFunctionName);
}

async function* toLines(records: AsyncIterable<LogRecord>): AsyncGenerator<string> {
  // An empty line first: the client gets its headers now and not with the first record.
  yield '\n';
  for await (const record of records) yield toLine(record);
}

function toLine(record: LogRecord): string {
  return `${JSON.stringify(record)}\n`;
}
