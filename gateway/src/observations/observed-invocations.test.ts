import { eventually } from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import { answerWith } from '../testing/fake-agent.ts';
import {
  startGatewayBed,
  type GatewayBed,
  type GatewayBedOptions,
} from '../testing/gateway-bed.ts';
import { aServedFunction } from '../testing/served-function.ts';

const KEY = { namespace: 'default', functionName: 'hello', revision: 'r1' };

async function useBed(options: Partial<GatewayBedOptions>): Promise<GatewayBed> {
  const bed = await startGatewayBed({
    functions: [aServedFunction()],
    onFinished: (cleanUp) => {
      onTestFinished(cleanUp);
    },
    ...options,
  });
  bed.operator.say({ kind: 'observe', revisions: [{ key: KEY, slowMs: 900_000 }] });
  return bed;
}

describe('invocations of an observed revision', () => {
  it.for([
    ['that succeed', {}, 0],
    ['that fail', { 'x-amz-function-error': 'Unhandled' }, 3],
  ] as const)('%s are told to the operator', async ([, headers, errors], { expect }) => {
    const bed = await useBed({ agent: answerWith('{}', headers) });
    for (let call = 0; call < 3; call += 1) await bed.invoke('hello');
    await eventually(() => {
      const told = bed.operator.of('outcomes').flatMap(({ outcomes }) => outcomes);
      const sum = (field: 'invocations' | 'errors' | 'slow'): number =>
        told.reduce((total, outcome) => total + outcome[field], 0);
      expect([sum('invocations'), sum('errors'), sum('slow')]).toEqual([3, errors, 0]);
      expect(told[0]?.key).toEqual(KEY);
    });
  });

  it('that get no execution environment count as failed', async ({ expect }) => {
    const bed = await useBed({ grants: false });
    const response = bed.invoke('hello');
    await eventually(() => {
      expect(bed.operator.of('demand')).not.toEqual([]);
    });
    const message = 'the image cannot be pulled';
    bed.operator.say({ kind: 'unavailable', key: KEY, message, isTemporary: false });
    expect((await response).status).toBe(503);
    await eventually(() => {
      const [told] = bed.operator.of('outcomes').flatMap(({ outcomes }) => outcomes);
      expect(told).toMatchObject({ invocations: 1, errors: 1, slow: 0 });
    });
  });
});
