import { aPublishedVersion, aServedRevision, anAlias, aVersion } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { pickRetiredVersions } from './pick-retired-versions.ts';
import { findAliasesOf, listPublished } from './published-versions.ts';

describe('listPublished', () => {
  it('sorts by number, leaves out what is not filled, and knows each number once', ({ expect }) => {
    const older = aPublishedVersion(10, aServedRevision(), {
      name: 'z',
      creationTimestamp: '2025-01-01T00:00:00Z',
    });
    const versions = [aPublishedVersion(10), aVersion(), older, aPublishedVersion(9)];
    const found = listPublished(versions).map(({ number, object }) => [
      number,
      object.metadata.name,
    ]);
    expect(found).toEqual([
      [9, 'hello-9'],
      [10, 'z'],
    ]);
  });
});

describe('findAliasesOf', () => {
  const routing = { functionVersion: '1', additionalVersion: { version: '2', weight: 0.5 } };
  it.for([
    [{}, '1'],
    [{ spec: { routingConfig: { additionalVersionWeights: { 5: 0.1 } } } }, '5'],
    [{ spec: { functionVersion: '7' }, status: { routing, conditions: [] } }, '2'],
    [{ spec: { functionVersion: '7' }, status: { routing, conditions: [] } }, '7'],
  ] satisfies [Parameters<typeof anAlias>[0], string][])(
    'finds one with %j for version %s',
    ([alias, version], { expect }) => {
      expect(findAliasesOf(Number(version), [anAlias(alias)])).toEqual(['live']);
      expect(findAliasesOf(99, [anAlias(alias)])).toEqual([]);
    },
  );

  it('keeps the version that a rollout would go back to', ({ expect }) => {
    const rollout = {
      phase: 'Progressing',
      fromVersion: '3',
      toVersion: '4',
      percentage: 10,
      step: 1,
      startedAt: '',
      steppedAt: '',
    } as const;
    const alias = anAlias({ status: { rollout, conditions: [] } });
    expect(findAliasesOf(3, [alias])).toEqual(['live']);
    const completed = anAlias({
      status: { rollout: { ...rollout, phase: 'Completed' }, conditions: [] },
    });
    expect(findAliasesOf(3, [completed])).toEqual([]);
  });

  it('does not count one that is being deleted', ({ expect }) => {
    const metadata = { deletionTimestamp: '2026-01-02T00:00:00Z' };
    expect(findAliasesOf(1, [anAlias({ metadata })])).toEqual([]);
  });
});

describe('pickRetiredVersions', () => {
  const versions = listPublished([1, 2, 3, 4, 5].map((number) => aPublishedVersion(number)));
  const numbers = (retention: Partial<Parameters<typeof pickRetiredVersions>[0]>): number[] =>
    pickRetiredVersions({ versions, limit: 2, aliases: [], ...retention }).map((v) => v.number);

  it('leaves the newest', ({ expect }) => {
    expect(numbers({})).toEqual([3, 2, 1]);
    expect(numbers({ limit: 5 })).toEqual([]);
    expect(numbers({ limit: undefined })).toEqual([]);
  });

  it('leaves those that are in use beside them', ({ expect }) => {
    expect(numbers({ aliases: [anAlias()] })).toEqual([3, 2]);
    const provisioned = aVersion({
      spec: {
        version: 2,
        snapshot: aServedRevision(),
        provisionedConcurrency: { provisionedConcurrentExecutions: 1 },
      },
    });
    const others = versions.map((v) => (v.number === 2 ? { ...v, object: provisioned } : v));
    expect(numbers({ versions: others })).toEqual([3, 1]);
  });

  it('counts none that goes already', ({ expect }) => {
    const going = aPublishedVersion(6, aServedRevision(), {
      deletionTimestamp: '2026-01-02T00:00:00Z',
    });
    const all = listPublished([...versions.map((v) => v.object), going]);
    expect(numbers({ versions: all })).toEqual([3, 2, 1]);
  });
});
