import type { GatewayMessage } from '@mayfly/core';
import { aHello, describeFleetLink } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { makeInProcessFleetLink } from './in-process-fleet-link.ts';

function released(executionEnvironmentId: string): GatewayMessage {
  return { kind: 'released', executionEnvironmentId };
}

describeFleetLink('the in-process link', () => {
  const { operator, makeGateway, cut, mend } = makeInProcessFleetLink();
  return Promise.resolve({
    server: operator,
    makeGateway,
    cut,
    mend,
    close: () => Promise.resolve(),
  });
});

describe('the in-process fleet link', () => {
  it('delivers after the sender is done', async ({ expect }) => {
    const { gateway, operator } = makeInProcessFleetLink();
    const got: string[] = [];
    operator.onEvent(({ kind }) => got.push(kind));
    gateway.open(() => aHello('g1'));
    expect(got).toEqual([]);
    await Promise.resolve();
    gateway.send(released('a'));
    await Promise.resolve();
    expect(got).toEqual(['connected', 'message']);
  });

  it('is open while an operator listens', async ({ expect }) => {
    const { gateway, operator } = makeInProcessFleetLink();
    gateway.open(() => aHello('g1'));
    await Promise.resolve();
    expect(gateway.isOpen).toBe(false);
    const stop = operator.onEvent(() => undefined);
    await Promise.resolve();
    expect(gateway.isOpen).toBe(true);
    stop();
    expect(gateway.isOpen).toBe(false);
    const got: string[] = [];
    operator.onEvent(({ kind }) => got.push(kind));
    await Promise.resolve();
    await Promise.resolve();
    expect(got).toEqual(['connected']);
  });
});
