import type { MirrorObserver } from '@mayfly/code';
import { Counter, Gauge, type Registry } from '@mayfly/telemetry';

/** Registers the metrics of mirrored code: of an operator that follows, and may lead later. */
export function makeMirrorMetrics(registry: Registry): MirrorObserver {
  const registers = [registry];
  const archives = new Gauge({
    name: 'mayfly_code_archives',
    help: 'Archives of code by state: kept on the disk of this operator, or missing there.',
    labelNames: ['state'],
    registers,
  });
  const bytes = new Counter({
    name: 'mayfly_code_mirrored_bytes_total',
    help: 'Bytes of archives that came from another operator.',
    registers,
  });
  const inStep = new Gauge({
    name: 'mayfly_code_in_step_timestamp_seconds',
    help: 'When this operator was last seen to have all archives that the leader has.',
    registers,
  });
  const followers = new Gauge({
    name: 'mayfly_code_followers',
    help: 'Operators that mirror the archives of this one: it leads.',
    registers,
  });
  const uncopied = new Counter({
    name: 'mayfly_code_uncopied_uploads_total',
    help: 'Uploads that were answered while only the leading operator had them.',
    registers,
  });
  return {
    count: ({ kept, missing }) => {
      archives.set({ state: 'kept' }, kept);
      archives.set({ state: 'missing' }, missing);
    },
    mirrored: (count) => {
      bytes.inc(count);
    },
    inStep: (atMs) => {
      inStep.set(atMs / 1000);
    },
    followers: (count) => {
      followers.set(count);
    },
    uncopied: () => {
      uncopied.inc();
    },
  };
}
