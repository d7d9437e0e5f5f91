import { systemClock } from '@mayfly/telemetry';
import { GrpcFleetLink, type GrpcFleetLinkOptions } from '../grpc-fleet-link.ts';
import { GrpcFleetLinkServer } from '../grpc-fleet-link-server.ts';
import type { LinkLogger } from '../link-logger.ts';
import type { TlsSource } from '../tls.ts';

/** Says nothing. */
export const silentLogger: LinkLogger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
};

/** An operator's end. */
export function makeServer(maxBufferedFrames?: number): GrpcFleetLinkServer {
  const deps = { clock: systemClock, logger: silentLogger };
  return new GrpcFleetLinkServer(
    maxBufferedFrames === undefined ? deps : { ...deps, maxBufferedFrames },
  );
}

/** A gateway's end of the operator that listens at `port`. */
export function makeLink(
  tls: TlsSource,
  port: number,
  options: Partial<GrpcFleetLinkOptions> = {},
): GrpcFleetLink {
  return new GrpcFleetLink(
    { clock: systemClock, random: () => 0, logger: silentLogger, tls },
    { target: `127.0.0.1:${port.toString()}`, serverName: 'localhost', ...options },
  );
}
