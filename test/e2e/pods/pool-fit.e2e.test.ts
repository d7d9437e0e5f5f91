import { eventually } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { makeEchoArchive } from './echo-function.ts';
import { invoke, start, START_MS, usePoolWorld, type PoolWorld } from './pool-world.ts';

function limitsOf(world: PoolWorld, podName: string): Readonly<Record<string, string>> {
  const pod = world.pods().find(({ metadata }) => metadata.name === podName);
  const status = pod?.status.containerStatuses?.find(({ name }) => name === 'function');
  if (status?.restartCount !== 0) throw new Error('the container was restarted');
  return status.resources?.limits ?? {};
}

describe('a pool of another memory size, on a cluster', { timeout: 3 * START_MS }, () => {
  it.for([
    ['smaller', 256, '256Mi', '145m'],
    ['larger', 1024, '1Gi', '579m'],
  ] as const)(
    'serves a %s function by a resize',
    async ([, memorySizeMb, memory, cpu], { expect }) => {
      const archive = await makeEchoArchive();
      const world = await usePoolWorld({ runtime: 'provided.al2023', memorySize: 512, archive });
      const [spare] = world.pods();
      const podName = spare?.metadata.name ?? '';
      await eventually(() => {
        expect(limitsOf(world, podName)).toEqual({ memory: '512Mi', cpu: '1' });
      });
      const id = await start(world, { memorySizeMb });
      expect(world.seen).toEqual(['hit resized']);
      expect(await invoke(world, id, '{"size":1}')).toBe('{"size":1}');
      // The kubelet says what it has set, the boost being over.
      await eventually(
        () => {
          expect(limitsOf(world, podName)).toEqual({ memory, cpu });
        },
        { timeoutMs: START_MS },
      );
      const taken = world.pods().find(({ metadata }) => metadata.name === podName);
      expect(taken?.metadata.labels).toMatchObject({ 'mayfly.dev/execution-environment': id });
    },
  );
});
