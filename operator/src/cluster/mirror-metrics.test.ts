import { makeRegistry } from '@mayfly/telemetry';
import { describe, it } from 'vitest';
import { makeMirrorMetrics } from './mirror-metrics.ts';

describe('metrics of mirrored code', () => {
  it('tell what an operator has and lacks, and since when', async ({ expect }) => {
    const registry = makeRegistry();
    const observer = makeMirrorMetrics(registry);
    observer.count({ kept: 7, missing: 2 });
    observer.mirrored(1000);
    observer.mirrored(24);
    observer.inStep(1_500);
    observer.followers(1);
    observer.uncopied();
    const text = await registry.metrics();
    for (const line of [
      'mayfly_code_archives{state="kept"} 7',
      'mayfly_code_archives{state="missing"} 2',
      'mayfly_code_mirrored_bytes_total 1024',
      'mayfly_code_in_step_timestamp_seconds 1.5',
      'mayfly_code_followers 1',
      'mayfly_code_uncopied_uploads_total 1',
    ]) {
      expect(text).toContain(line);
    }
  });
});
