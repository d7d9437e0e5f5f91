import type { Clock, FleetLink } from '@mayfly/core';
import type { OutcomeCounts } from './outcome-counts.ts';

const REPORT_MS = 1_000;

/**
 * Observes what the operator wants observed, and tells it what was counted, each second in which there was
 * something. While there is no link it adds up. Returns the way to stop.
 */
export function reportOutcomes(counts: OutcomeCounts, link: FleetLink, clock: Clock): () => void {
  const unsubscribe = link.onMessage((message) => {
    if (message.kind === 'observe') counts.observe(message.revisions);
  });
  const ticker = clock.every(REPORT_MS, () => {
    if (!link.isOpen) return;
    const outcomes = counts.drain();
    if (outcomes.length > 0) link.send({ kind: 'outcomes', outcomes });
  });
  return () => {
    ticker.cancel();
    unsubscribe();
  };
}
