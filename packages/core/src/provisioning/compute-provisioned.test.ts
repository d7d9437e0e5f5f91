import type { ProvisionedConcurrency } from '@mayfly/api';
import { describe, it } from 'vitest';
import { computeProvisioned, type ProvisionedFacts } from './compute-provisioned.ts';

const TRACKING = { utilization: 0.7, minimum: 2, maximum: 20 };

function compute(
  spec: Partial<ProvisionedConcurrency>,
  facts: Partial<ProvisionedFacts> = {},
): ReturnType<typeof computeProvisioned> {
  return computeProvisioned({
    spec: { provisionedConcurrentExecutions: 5, ...spec },
    begun: undefined,
    previous: undefined,
    written: undefined,
    sample: { nowMs: 0, allocated: 0, busy: 0 },
    ...facts,
  });
}

describe('what is to be provisioned now', () => {
  it('is the setting before any schedule began', ({ expect }) => {
    expect(compute({}).wanted).toBe(5);
  });

  it('is what the schedule that began last says', ({ expect }) => {
    const begun = { beganAtMs: 1, provisionedConcurrentExecutions: 0 };
    expect(compute({}, { begun }).wanted).toBe(0);
  });

  it.for<readonly [number, number]>([
    [1, 2],
    [5, 5],
    [50, 20],
  ])('begins at %i within the bounds of tracking: %i', ([setting, wanted], { expect }) => {
    const spec = { provisionedConcurrentExecutions: setting, targetTracking: TRACKING };
    expect(compute(spec).wanted).toBe(wanted);
  });

  it('goes on from what was tracked', ({ expect }) => {
    const spec = { targetTracking: TRACKING };
    const previous = { ...compute(spec), wanted: 9 };
    expect(compute(spec, { previous }).wanted).toBe(9);
  });

  it('begins again when a schedule begins', ({ expect }) => {
    const spec = { targetTracking: TRACKING };
    const previous = { ...compute(spec), wanted: 9 };
    const begun = { beganAtMs: 1, provisionedConcurrentExecutions: 12 };
    expect(compute(spec, { previous, begun }).wanted).toBe(12);
  });

  it('goes on from what was written by the operator before', ({ expect }) => {
    const written = { requested: 9, sinceMs: 10 };
    const spec = { targetTracking: TRACKING };
    expect(compute(spec, { written }).wanted).toBe(9);
    const before = { beganAtMs: 9, provisionedConcurrentExecutions: 12 };
    expect(compute(spec, { written, begun: before }).wanted).toBe(9);
    const since = { beganAtMs: 11, provisionedConcurrentExecutions: 12 };
    expect(compute(spec, { written, begun: since }).wanted).toBe(12);
  });

  it('takes what was written for nothing without tracking', ({ expect }) => {
    expect(compute({}, { written: { requested: 9, sinceMs: 10 } }).wanted).toBe(5);
  });
});
