import { describe, it } from 'vitest';
import { judgeProvision, type ProvisionLimits, type ProvisionWish } from './judge-provision.ts';

const LIMITS: ProvisionLimits = { reserved: undefined, unreserved: 1000, minimumUnreserved: 100 };
const ON_VERSION =
  "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version";
const ON_ALIAS = 'Version is pointed by a Provisioned Concurrency alias';
const ABOVE_RESERVED =
  'Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function';

function anAlias(overrides: Partial<ProvisionWish> = {}): ProvisionWish {
  return { owner: 'a', kind: 'Alias', requested: 10, kept: 0, versions: ['1', '2'], ...overrides };
}

function aVersion(overrides: Partial<ProvisionWish> = {}): ProvisionWish {
  return { owner: 'v', kind: 'Version', requested: 10, kept: 0, versions: ['2'], ...overrides };
}

function judge(
  wishes: readonly ProvisionWish[],
  limits: Partial<ProvisionLimits> = {},
): Record<string, string | undefined> {
  return Object.fromEntries(judgeProvision(wishes, { ...LIMITS, ...limits }));
}

describe('provisioned concurrency', () => {
  it('is granted within the limits', ({ expect }) => {
    expect(judge([anAlias(), aVersion({ versions: ['3'] })])).toEqual({
      a: undefined,
      v: undefined,
    });
  });

  it('is not for $LATEST', ({ expect }) => {
    expect(judge([anAlias({ versions: ['$LATEST'] })])).toEqual({
      a: 'Provisioned Concurrency Configs cannot be applied to unpublished function versions.',
    });
  });

  it('is not for both an alias and a version that it points to', ({ expect }) => {
    expect(judge([anAlias({ kept: 10 }), aVersion()])).toEqual({ a: undefined, v: ON_ALIAS });
    expect(judge([anAlias(), aVersion({ kept: 10 })])).toEqual({ a: ON_VERSION, v: undefined });
  });

  it('is for two aliases of a version', ({ expect }) => {
    expect(judge([anAlias(), anAlias({ owner: 'b' })])).toEqual({ a: undefined, b: undefined });
  });

  it('leaves a version to the other where none is asked for', ({ expect }) => {
    expect(judge([anAlias({ requested: 0 }), aVersion()])).toEqual({ a: undefined, v: undefined });
  });

  it('is at most what the function has reserved, over all that ask', ({ expect }) => {
    const wishes = [anAlias(), aVersion({ versions: ['3'] })];
    expect(judge(wishes, { reserved: 20 })).toEqual({ a: undefined, v: undefined });
    expect(judge(wishes, { reserved: 19 })).toEqual({ a: undefined, v: ABOVE_RESERVED });
    expect(judge(wishes, { reserved: 0 })).toEqual({ a: ABOVE_RESERVED, v: ABOVE_RESERVED });
  });

  it('leaves the minimum to functions without a reservation', ({ expect }) => {
    expect(judge([anAlias({ requested: 900 })])).toEqual({ a: undefined });
    expect(judge([anAlias({ requested: 901 })])).toEqual({
      a: "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].",
    });
  });

  it('that was granted stays granted when a limit shrinks, and counts', ({ expect }) => {
    const wishes = [anAlias({ kept: 10 }), aVersion({ versions: ['3'], requested: 1 })];
    expect(judge(wishes, { reserved: 5 })).toEqual({ a: undefined, v: ABOVE_RESERVED });
  });

  it('counts what is kept of one that is refused more', ({ expect }) => {
    const wishes = [anAlias({ kept: 10, requested: 50 }), aVersion({ versions: ['3'] })];
    expect(judge(wishes, { reserved: 20 })).toEqual({ a: ABOVE_RESERVED, v: undefined });
    expect(judge(wishes, { reserved: 19 })).toEqual({ a: ABOVE_RESERVED, v: ABOVE_RESERVED });
  });
});
