import type { GatewayMember } from '@mayfly/core';
import type { Logger } from '@mayfly/telemetry';
import type { Sighting } from '../../functions/sightings.ts';

/** What asking needs. */
export interface AskOthersDeps {
  readonly siblings: () => readonly GatewayMember[];
  readonly forwarder: {
    /** False when it has not seen it in time, or could not be asked. */
    ask(sibling: GatewayMember, sighting: Sighting, timeoutMs: number): Promise<boolean>;
  };
  readonly logger: Logger;
}

/** A gateway that hears later serves what was before for so much longer. */
const TIMEOUT_MS = 2000;

/** Makes the function that waits until every other gateway has seen a state of an object. */
export function askOthers({
  siblings,
  forwarder,
  logger,
}: AskOthersDeps): (sighting: Sighting) => Promise<void> {
  return async (sighting) => {
    const asked = siblings().map(async (sibling) => {
      if (await forwarder.ask(sibling, sighting, TIMEOUT_MS)) return;
      const { gatewayId } = sibling;
      logger.warn({ gatewayId, ...sighting }, 'gateway has not heard of a change in time');
    });
    await Promise.all(asked);
  };
}
