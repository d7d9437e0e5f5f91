import type { ProvisionedConcurrencyStatus } from '@mayfly/api';
import { aHello, eventually } from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import { useReleaseWorld } from '../../helpers/release-world.ts';

type Expected = Partial<ProvisionedConcurrencyStatus>;

/** Published versions of `hello`, and a gateway; execution environments start as soon as they are made. */
async function useVersions(count: number) {
  const world = await useReleaseWorld();
  const { driver, link } = world;
  const { gateway } = link;
  gateway.onMessage((message) => {
    if (message.kind === 'confirm') gateway.send({ ...message, kind: 'confirmed' });
    if (message.kind !== 'revoke') return;
    const { executionEnvironmentId } = message;
    gateway.send({ kind: 'released', executionEnvironmentId });
  });
  gateway.open(() => aHello('g1'));
  onTestFinished(() => gateway.close());
  for (let number = 1; number <= count; number += 1) {
    await world.serve('hello', `code ${number.toString()}`, { publish: 'OnChange' });
    await world.says('Version', `hello-${number.toString()}`, 'True Published');
  }
  const up = new Set<string>();
  const started = (): string[] =>
    driver.created
      .filter(({ isProvisioned }) => isProvisioned)
      .map(({ executionEnvironmentId }) => executionEnvironmentId)
      .filter((id) => !driver.destroyed.includes(id));
  return {
    ...world,
    started,
    /** Waits until a status says so, while what is made comes up. */
    provisioned(kind: 'Version' | 'Alias', name: string, expected: Expected): Promise<void> {
      return eventually(
        async () => {
          for (const id of started()) {
            if (up.has(id)) continue;
            up.add(id);
            driver.bringUp(id);
          }
          const found = kind === 'Alias' ? await world.alias(name) : await world.version(name);
          const status = found.status?.provisionedConcurrency;
          const isMet = Object.entries(expected).every(
            ([field, value]) => status?.[field as keyof Expected] === value,
          );
          if (!isMet) throw new Error(`${name} says ${JSON.stringify(status)}`);
        },
        { timeoutMs: 15_000 },
      );
    },
  };
}

describe('provisioned concurrency', () => {
  it('of an Alias is made, READY, follows it, and goes with it', async ({ expect }) => {
    const { create, change, remove, provisioned, driver, started } = await useVersions(2);
    await create('Alias', 'live', {
      functionName: 'hello',
      name: 'live',
      functionVersion: '1',
      routingConfig: { additionalVersionWeights: { 2: 0.3 } },
      provisionedConcurrency: { provisionedConcurrentExecutions: 3 },
    });
    await provisioned('Alias', 'live', {
      status: 'READY',
      requestedProvisionedConcurrentExecutions: 3,
      allocatedProvisionedConcurrentExecutions: 3,
      availableProvisionedConcurrentExecutions: 3,
    });
    const versions = driver.assigned.map(({ version }) => version).sort();
    expect(versions).toEqual(['1', '1', '2']);

    await change('Alias', 'live', { functionVersion: '2', routingConfig: undefined });
    await provisioned('Alias', 'live', { status: 'READY' });
    await remove('Alias', 'live');
    await eventually(() => {
      expect(started()).toEqual([]);
    });
  });

  it('of a Version is asked for after it was published', async () => {
    const { change, provisioned } = await useVersions(1);
    const provisionedConcurrency = { provisionedConcurrentExecutions: 1 };
    await change('Version', 'hello-1', { provisionedConcurrency });
    await provisioned('Version', 'hello-1', { status: 'READY' });
  });

  it('that cannot be had is FAILED, in the words of Lambda', async () => {
    const { create, provisioned } = await useVersions(1);
    await create('Alias', 'live', {
      functionName: 'hello',
      name: 'live',
      functionVersion: '$LATEST',
      provisionedConcurrency: { provisionedConcurrentExecutions: 1 },
    });
    await provisioned('Alias', 'live', {
      status: 'FAILED',
      statusReason:
        'Provisioned Concurrency Configs cannot be applied to unpublished function versions.',
    });
  });

  it('outlives the operator', async ({ expect }) => {
    const { change, provisioned, restart, driver, started } = await useVersions(1);
    const provisionedConcurrency = { provisionedConcurrentExecutions: 2 };
    await change('Version', 'hello-1', { provisionedConcurrency });
    await provisioned('Version', 'hello-1', { status: 'READY' });
    const ids = started();
    const [created] = driver.created.filter(({ isProvisioned }) => isProvisioned);
    if (created === undefined) throw new Error('nothing was made');
    for (const id of ids) driver.probes.set(id, { kind: 'idle', address: 'a:1', token: 't' });
    driver.found = ids.map((executionEnvironmentId) => ({
      executionEnvironmentId,
      key: created.key,
      isProvisioned: true,
      createdMs: 0,
    }));
    await restart();
    await change('Version', 'hello-1', {
      provisionedConcurrency: { provisionedConcurrentExecutions: 3 },
    });
    await provisioned('Version', 'hello-1', {
      status: 'READY',
      allocatedProvisionedConcurrentExecutions: 3,
    });
    expect(started()).toHaveLength(3);
    expect(started()).toEqual(expect.arrayContaining(ids));
  });
});
