import type { GatewayMessage } from '@mayfly/core';
import { describe, it } from 'vitest';
import { makeInProcessFleetLink } from './in-process-fleet-link.ts';

function dead(executionEnvironmentId: string): GatewayMessage {
  return { kind: 'dead', executionEnvironmentId, message: '' };
}

describe('the in-process fleet link', () => {
  it('delivers in order, after the sender is done', async ({ expect }) => {
    const link = makeInProcessFleetLink();
    const got: GatewayMessage[] = [];
    link.operator.onMessage((message) => got.push(message));
    link.gateway.send(dead('a'));
    link.gateway.send(dead('b'));
    expect(got).toEqual([]);

    await Promise.resolve();
    expect(got).toEqual([dead('a'), dead('b')]);
  });

  it('keeps what is sent before anybody listens', async ({ expect }) => {
    const link = makeInProcessFleetLink();
    const got: unknown[] = [];
    link.operator.send({ kind: 'gone', executionEnvironmentId: 'a' });
    await Promise.resolve();
    link.gateway.onMessage((message) => got.push(message));

    await Promise.resolve();
    expect(got).toEqual([{ kind: 'gone', executionEnvironmentId: 'a' }]);
  });

  it('delivers what a listener sends while it is called', async ({ expect }) => {
    const link = makeInProcessFleetLink();
    const got: string[] = [];
    link.operator.onMessage(() => {
      link.operator.send({ kind: 'gone', executionEnvironmentId: 'answer' });
    });
    link.gateway.onMessage((message) => got.push(message.kind));
    link.gateway.send(dead('a'));

    await Promise.resolve();
    await Promise.resolve();
    expect(got).toEqual(['gone']);
  });

  it('says nothing more to a listener that has stopped', async ({ expect }) => {
    const link = makeInProcessFleetLink();
    const got: unknown[] = [];
    const stop = link.operator.onMessage((message) => got.push(message));
    stop();
    link.gateway.send(dead('a'));

    await Promise.resolve();
    expect(got).toEqual([]);
  });
});
