import { describe, it } from 'vitest';
import { computeCpu, makeFunctionResources } from './index.ts';

describe('CPU', () => {
  it.for([
    [128, 73, 1000, 8],
    [1769, 1000, 1000, 100],
    [1770, 1001, 1001, 101],
    [10_240, 5789, 5789, 579],
  ] as const)('follows %d MB of memory', ([memory, share, boost, request], { expect }) => {
    expect(computeCpu(memory, 0.1)).toEqual({
      shareMillicores: share,
      boostMillicores: boost,
      requestMillicores: request,
    });
  });

  it('is asked for in a little at least, and never beyond the share', ({ expect }) => {
    expect(computeCpu(128, 0).requestMillicores).toBe(5);
    expect(computeCpu(128, 1).requestMillicores).toBe(73);
  });

  it('is the share once the boost is over', ({ expect }) => {
    expect(makeFunctionResources(128, { requestRatio: 0.1, isBoosted: false })).toEqual({
      requests: { cpu: '8m', memory: '128Mi' },
      limits: { cpu: '73m', memory: '128Mi' },
    });
  });
});
