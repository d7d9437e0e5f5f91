import type { FastifyInstance } from 'fastify';
import type { Logger } from '@mayfly/telemetry';
import { toLoggedUrl } from './logged-url.ts';

/** One line for each answer, at level debug; costs nothing at other levels. */
export function registerAccessLog(app: FastifyInstance, logger: Logger): void {
  if (!logger.isLevelEnabled('debug')) return;
  app.addHook('onResponse', (request, reply, done) => {
    logger.debug(
      {
        requestId: request.id,
        method: request.method,
        url: toLoggedUrl(request.originalUrl),
        statusCode: reply.statusCode,
        durationMs: reply.elapsedTime,
      },
      'request answered',
    );
    done();
  });
}
