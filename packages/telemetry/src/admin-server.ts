import fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';

/** Where to listen and what to tell. */
export interface AdminServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly registry: Registry;
  /** Whether the program takes work. Asked for every `/readyz`. */
  readonly isReady: () => boolean;
}

/** A running admin server. */
export interface AdminServer {
  readonly port: number;
  /** Stops listening; answers that are on their way are finished. Idempotent. */
  close(): Promise<void>;
}

/** Serves `/healthz` (the process answers), `/readyz` (it takes work) and `/metrics` (Prometheus text). */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const server = buildAdminServer(options);
  try {
    await server.listen({ host: options.host, port: options.port });
  } catch (cause) {
    throw new Error(`listening on admin port ${options.host}:${options.port.toString()}`, {
      cause,
    });
  }
  return { port: portOf(server), close: () => server.close() };
}

/** The admin routes without a socket. */
export function buildAdminServer({
  registry,
  isReady,
}: Pick<AdminServerOptions, 'registry' | 'isReady'>): FastifyInstance {
  // Probes and scrapers keep connections open; they must not hold up the end of the program.
  const server = fastify({ logger: false, forceCloseConnections: 'idle' });
  server.get('/healthz', () => 'ok\n');
  server.get('/readyz', (_request, reply) =>
    isReady() ? reply.send('ok\n') : reply.code(503).send('not ready\n'),
  );
  server.get('/metrics', async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );
  return server;
}

function portOf(server: FastifyInstance): number {
  const address = server.server.address();
  if (address === null || typeof address === 'string') throw new Error('admin server has no port');
  return address.port;
}
