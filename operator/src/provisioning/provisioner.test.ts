import type {
  AliasResource,
  AliasRouting,
  ProvisionedConcurrency,
  ProvisionedConcurrencyStatus,
  VersionResource,
} from '@mayfly/api';
import type { ObjectKey } from '@mayfly/core';
import { FakeClock } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import type { ProvisionCounts } from './compute-provision-status.ts';
import { Provisioner } from './provisioner.ts';

const META = {
  namespace: 'ns',
  uid: 'u',
  generation: 1,
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
};
const FUNCTION_ID = 'ns/f';
const ALIAS: ObjectKey = { namespace: 'ns', name: 'live' };
// A Thursday, midnight UTC.
const START_MS = Date.UTC(2026, 0, 1);

type Provisioned = ProvisionedConcurrency | number;

function toSpec(provisioned: Provisioned): ProvisionedConcurrency {
  return typeof provisioned === 'number'
    ? { provisionedConcurrentExecutions: provisioned }
    : provisioned;
}

function anAlias(
  provisioned: Provisioned | undefined,
  routing: AliasRouting = { functionVersion: '1' },
  written?: ProvisionedConcurrencyStatus,
): AliasResource {
  return {
    apiVersion: 'mayfly.dev/v1alpha1',
    kind: 'Alias',
    metadata: { ...META, name: 'live' },
    spec: {
      functionName: 'f',
      name: 'live',
      functionVersion: '1',
      description: '',
      ...(provisioned === undefined ? {} : { provisionedConcurrency: toSpec(provisioned) }),
    },
    status: {
      conditions: [],
      routing,
      ...(written === undefined ? {} : { provisionedConcurrency: written }),
    },
  };
}

function aVersion(version: number, provisioned: Provisioned): VersionResource {
  return {
    apiVersion: 'mayfly.dev/v1alpha1',
    kind: 'Version',
    metadata: { ...META, name: `f-${version.toString()}` },
    spec: {
      functionName: 'f',
      description: '',
      version,
      provisionedConcurrency: toSpec(provisioned),
    },
  };
}

/** Objects of a kind, changed by a test. */
class FakeSource<T extends { readonly metadata: ObjectKey }> {
  readonly #objects = new Map<string, T>();
  #listener: (key: ObjectKey, object: T | undefined) => void = () => undefined;

  constructor(objects: readonly T[]) {
    for (const object of objects) this.#objects.set(object.metadata.name, object);
  }

  list(): IterableIterator<T> {
    return this.#objects.values();
  }

  onChange(listener: (key: ObjectKey, object: T | undefined) => void): () => void {
    this.#listener = listener;
    return () => undefined;
  }

  put(object: T): void {
    this.#objects.set(object.metadata.name, object);
    this.#listener(object.metadata, object);
  }

  remove(key: ObjectKey): void {
    this.#objects.delete(key.name);
    this.#listener(key, undefined);
  }
}

interface World {
  readonly aliases?: readonly AliasResource[];
  readonly versions?: readonly VersionResource[];
  readonly reserved?: number;
}

/** A provisioner whose fleet makes at once what it is told to, unless a test says otherwise. */
function makeWorld({ aliases = [], versions = [], reserved }: World = {}) {
  const clock = new FakeClock(START_MS);
  const sources = { aliases: new FakeSource(aliases), versions: new FakeSource(versions) };
  const provisioned = new Map<string, ReadonlyMap<string, number>>();
  const functions = new Map([
    [FUNCTION_ID, { namespace: 'ns', reservedConcurrency: reserved }],
    ['ns/reserving', { namespace: 'ns', reservedConcurrency: 50 }],
    ['ns/other', { namespace: 'ns', reservedConcurrency: undefined }],
    ['elsewhere/g', { namespace: 'elsewhere', reservedConcurrency: 900 }],
  ]);
  const there = { busy: 0, counts: undefined as ProvisionCounts | undefined, evaluations: 0 };
  const news: string[] = [];
  const provisioner = new Provisioner({
    clock,
    sources,
    book: {
      limits: () => functions,
      setProvisioned: (id, counts) => void provisioned.set(id, counts),
      provisionedOf: (id) => provisioned.get(id) ?? new Map<string, number>(),
    },
    fleet: {
      provisioned: (id, version) => {
        const allocated = provisioned.get(id)?.get(version) ?? 0;
        const available = Math.max(0, allocated - there.busy);
        return there.counts ?? { allocated, available, missing: 0 };
      },
      evaluate: () => {
        there.evaluations += 1;
      },
    },
    limits: { accountConcurrency: 1000, minimumUnreserved: 100 },
  });
  provisioner.onChange((kind, { name }) => news.push(`${kind} ${name}`));
  provisioner.start();
  return {
    clock,
    there,
    news,
    provisioner,
    provisioned,
    aliases: sources.aliases,
    versions: sources.versions,
    wanted: () => Object.fromEntries(provisioned.get(FUNCTION_ID) ?? []),
    status: () => provisioner.statusOf('Alias', ALIAS),
  };
}

describe('provisioned concurrency of an alias', () => {
  it('is parted over its versions by their weights', ({ expect }) => {
    const additionalVersion = { version: '2', weight: 0.1 };
    const { aliases, wanted, status, there } = makeWorld();
    aliases.put(anAlias(10, { functionVersion: '1', additionalVersion }));
    expect(wanted()).toEqual({ 1: 9, 2: 1 });
    expect(there.evaluations).toBe(1);
    expect(status()).toEqual({
      status: 'READY',
      requestedProvisionedConcurrentExecutions: 10,
      allocatedProvisionedConcurrentExecutions: 10,
      availableProvisionedConcurrentExecutions: 10,
      lastModified: '2026-01-01T00:00:00.000Z',
    });
  });

  it('moves with the alias', ({ expect }) => {
    const { aliases, wanted, clock, status } = makeWorld();
    aliases.put(anAlias(10));
    clock.step(60_000);
    aliases.put(anAlias(10, { functionVersion: '2' }));
    expect(wanted()).toEqual({ 2: 10 });
    expect(status()?.lastModified).toBe('2026-01-01T00:00:00.000Z');
  });

  it('waits until the alias points to a version', ({ expect }) => {
    const { aliases, wanted, status } = makeWorld();
    const { status: _none, ...unjudged } = anAlias(10);
    aliases.put(unjudged);
    expect(wanted()).toEqual({});
    expect(status()).toMatchObject({
      status: 'IN_PROGRESS',
      statusReason: 'There is no version yet.',
    });
  });

  it('ends when the field is removed, and with the alias', ({ expect }) => {
    const { aliases, wanted, status } = makeWorld();
    aliases.put(anAlias(10));
    aliases.put(anAlias(undefined));
    expect(wanted()).toEqual({});
    expect(status()).toBeUndefined();
    aliases.put(anAlias(10));
    aliases.remove(ALIAS);
    expect(wanted()).toEqual({});
  });

  it('is not for $LATEST, whatever it had before', ({ expect }) => {
    const { aliases, wanted, status } = makeWorld();
    aliases.put(anAlias(10));
    aliases.put(anAlias(10, { functionVersion: '$LATEST' }));
    expect(wanted()).toEqual({});
    expect(status()).toMatchObject({
      status: 'FAILED',
      statusReason:
        'Provisioned Concurrency Configs cannot be applied to unpublished function versions.',
    });
  });

  it('says how far it is, and why it cannot go on', ({ expect }) => {
    const { aliases, provisioner, status, there } = makeWorld();
    there.counts = { allocated: 3, available: 2, missing: 0 };
    aliases.put(anAlias(10));
    expect(status()).toMatchObject({
      status: 'IN_PROGRESS',
      requestedProvisionedConcurrentExecutions: 10,
      allocatedProvisionedConcurrentExecutions: 3,
      availableProvisionedConcurrentExecutions: 2,
    });
    there.counts = { ...there.counts, missing: 7 };
    provisioner.noteCounts(FUNCTION_ID);
    expect(status()?.statusReason).toBe('For 7 there is no room below the limits of concurrency.');
    const failure = { reason: 'InitFailed', message: 'exit status 1' };
    there.counts = { ...there.counts, failure };
    provisioner.noteCounts(FUNCTION_ID);
    expect(status()).toMatchObject({ status: 'FAILED', statusReason: 'InitFailed: exit status 1' });
  });

  it('tells of what runs nothing within half a minute, of the rest at once', ({ expect }) => {
    const { aliases, clock, news, there, status } = makeWorld();
    aliases.put(anAlias(10));
    expect(news).toEqual(['Alias live']);
    there.busy = 4;
    clock.step(25_000);
    expect(news).toHaveLength(1);
    clock.step(5_000);
    expect(news).toHaveLength(2);
    expect(status()?.availableProvisionedConcurrentExecutions).toBe(6);
    clock.step(600_000);
    expect(news).toHaveLength(2);
  });
});

describe('provisioned concurrency that cannot be had', () => {
  it('fails in the words of Lambda, and what there was stays', ({ expect }) => {
    const { aliases, wanted, status } = makeWorld({ reserved: 10 });
    aliases.put(anAlias(10));
    aliases.put(anAlias(11));
    expect(wanted()).toEqual({ 1: 10 });
    expect(status()).toMatchObject({
      status: 'FAILED',
      statusReason:
        'Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function',
      requestedProvisionedConcurrentExecutions: 11,
      allocatedProvisionedConcurrentExecutions: 10,
    });
    aliases.put(anAlias(4));
    expect(wanted()).toEqual({ 1: 4 });
    expect(status()?.status).toBe('READY');
  });

  it('leaves the minimum to functions of the namespace without a reservation', ({ expect }) => {
    const { aliases, provisioned, status } = makeWorld();
    provisioned.set('ns/other', new Map([['1', 50]]));
    // 1,000, less 50 reserved, less 50 provisioned, less the minimum of 100.
    aliases.put(anAlias(800));
    expect(status()?.status).toBe('READY');
    aliases.put(anAlias(801));
    expect(status()?.statusReason).toContain('below its minimum value of [100]');
  });

  it('is that of a version which an alias with its own points to', ({ expect }) => {
    const { aliases, versions, provisioner, wanted } = makeWorld();
    aliases.put(anAlias(2));
    versions.put(aVersion(1, 3));
    const version = { namespace: 'ns', name: 'f-1' };
    expect(provisioner.statusOf('Version', version)).toMatchObject({
      status: 'FAILED',
      statusReason: 'Version is pointed by a Provisioned Concurrency alias',
    });
    expect(wanted()).toEqual({ 1: 2 });
    versions.put(aVersion(2, 3));
    expect(wanted()).toEqual({ 1: 2, 2: 3 });
  });
});

describe('provisioned concurrency by time and load', () => {
  const schedules = [
    { schedule: '0 8 * * *', timeZone: 'UTC', provisionedConcurrentExecutions: 20 },
    { schedule: '0 18 * * *', timeZone: 'UTC', provisionedConcurrentExecutions: 2 },
  ];

  it('follows its schedules', ({ expect }) => {
    const { aliases, clock, wanted, status } = makeWorld();
    aliases.put(anAlias({ provisionedConcurrentExecutions: 5, schedules }));
    expect(wanted()).toEqual({ 1: 2 });
    clock.step(8 * 3_600_000);
    expect(wanted()).toEqual({ 1: 20 });
    expect(status()?.lastModified).toBe('2026-01-01T08:00:00.000Z');
    clock.step(10 * 3_600_000);
    expect(wanted()).toEqual({ 1: 2 });
  });

  it('keeps what it had when a schedule cannot be read', ({ expect }) => {
    const { aliases, wanted, status } = makeWorld();
    aliases.put(anAlias(5));
    const broken = { schedule: '0 99 * * *', timeZone: 'UTC', provisionedConcurrentExecutions: 9 };
    aliases.put(anAlias({ provisionedConcurrentExecutions: 7, schedules: [broken] }));
    expect(wanted()).toEqual({ 1: 5 });
    expect(status()).toMatchObject({
      status: 'FAILED',
      statusReason: expect.stringContaining('schedules[0]: `0 99 * * *` in UTC cannot be read'),
    });
  });

  it('follows the load between its bounds', ({ expect }) => {
    const { aliases, clock, wanted, there } = makeWorld();
    const targetTracking = { utilization: 0.5, minimum: 4, maximum: 30 };
    aliases.put(anAlias({ provisionedConcurrentExecutions: 10, targetTracking }));
    there.busy = 9;
    clock.step(4 * 60_000);
    expect(wanted()).toEqual({ 1: 18 });
    there.busy = 0;
    clock.step(60 * 60_000);
    expect(wanted()).toEqual({ 1: 4 });
  });
});

describe('provisioning under another operator', () => {
  const written: ProvisionedConcurrencyStatus = {
    status: 'READY',
    requestedProvisionedConcurrentExecutions: 9,
    allocatedProvisionedConcurrentExecutions: 9,
    availableProvisionedConcurrentExecutions: 9,
    lastModified: '2025-12-31T00:00:00.000Z',
  };
  const tracked = {
    provisionedConcurrentExecutions: 5,
    targetTracking: { utilization: 0.7, minimum: 1, maximum: 20 },
  };

  it('is known before the fleet begins, and says nothing before it knows what there is', ({
    expect,
  }) => {
    const aliases = [anAlias(tracked, { functionVersion: '1' }, written)];
    const { clock, wanted, status, there, news } = makeWorld({ aliases });
    expect(wanted()).toEqual({ 1: 9 });
    expect(status()).toEqual(written);
    expect([there.evaluations, news]).toEqual([0, []]);
    clock.step(5_000);
    expect(wanted()).toEqual({ 1: 9 });
    expect(status()).toEqual(written);
  });

  it('keeps of what had failed as many as there were', ({ expect }) => {
    const failed = {
      ...written,
      status: 'FAILED',
      requestedProvisionedConcurrentExecutions: 99,
    } as const;
    const aliases = [anAlias(99, { functionVersion: '1' }, failed)];
    expect(makeWorld({ aliases, reserved: 10 }).wanted()).toEqual({ 1: 9 });
  });

  it('forgets what is being deleted', ({ expect }) => {
    const alias = anAlias(5);
    const metadata = { ...alias.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
    expect(makeWorld({ aliases: [{ ...alias, metadata }] }).wanted()).toEqual({});
  });
});
