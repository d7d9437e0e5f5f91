import type { ServerResponse } from 'node:http';
import { eventually } from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import type { AgentHandler } from '../testing/fake-agent.ts';
import {
  GatewayGroup,
  type GatewayGroupOptions,
  type GroupMember,
} from '../testing/gateway-group.ts';
import { aServedFunction } from '../testing/served-function.ts';

const KEY = { namespace: 'default', functionName: 'hello', revision: 'r1' };

/** Three gateways, of which the first two in rank are homes of the function. */
async function useHomes(options: Partial<GatewayGroupOptions> = {}): Promise<{
  readonly group: GatewayGroup;
  readonly one: GroupMember;
  readonly two: GroupMember;
  readonly stranger: GroupMember;
}> {
  const group = await GatewayGroup.start({
    functions: [aServedFunction()],
    size: 3,
    onFinished: (cleanUp) => {
      onTestFinished(cleanUp);
    },
    ...options,
  });
  group.saySpread(2);
  const { home: one, others } = group.ranked();
  const [two = one, stranger = one] = others;
  return { group, one, two, stranger };
}

function heldAgent(): { handler: AgentHandler; held: ServerResponse[] } {
  const held: ServerResponse[] = [];
  return { held, handler: (_request, response) => held.push(response) };
}

function answerAll(held: ServerResponse[]): void {
  for (const response of held.splice(0)) {
    response.writeHead(200, { 'x-amz-executed-version': '$LATEST' }).end('{}');
  }
}

describe('a function with several homes', () => {
  it('is served by each of them with what it has itself', async ({ expect }) => {
    const { group, one, two } = await useHomes();
    await Promise.all([one.invoke('hello'), two.invoke('hello')]);
    // Both had nothing, asked each other and then the operator; or the second was served by the first.
    const demanding = [one, two].filter((home) => home.operator.of('demand').length > 0);
    expect(demanding.length).toBeGreaterThanOrEqual(1);
    one.operator.grant(KEY, group.agent.address);
    two.operator.grant(KEY, group.agent.address);
    const before = [one, two].map((home) => home.operator.of('demand').length);
    for (const home of [one, two]) expect((await home.invoke('hello')).status).toBe(200);
    expect([one, two].map((home) => home.operator.of('demand').length)).toEqual(before);
  });

  it('is served by another home that has something idle, and the operator hears nothing', async ({
    expect,
  }) => {
    const { group, one, two } = await useHomes({ grants: false });
    one.operator.grant(KEY, group.agent.address);

    for (let n = 0; n < 10; n += 1) expect((await two.invoke('hello')).status).toBe(200);
    expect(two.operator.of('demand')).toEqual([]);
    expect(one.operator.of('released')).toEqual([]);
  });

  it('waits at the home that it came to, when nothing is idle anywhere', async ({ expect }) => {
    const { handler, held } = heldAgent();
    const { group, one, two } = await useHomes({ grants: false, agent: handler });
    one.operator.grant(KEY, group.agent.address);
    const first = one.invoke('hello');
    await eventually(() => {
      if (held.length < 1) throw new Error('it does not run yet');
    });
    const second = two.invoke('hello');
    await eventually(() => {
      if (two.operator.of('demand').length < 1) throw new Error('nobody was asked');
    });
    expect(one.operator.of('demand')).toEqual([]);
    two.operator.grant(KEY, group.agent.address);
    await eventually(() => {
      if (held.length < 2) throw new Error('it does not run yet');
    });
    answerAll(held);

    expect([(await first).status, (await second).status]).toEqual([200, 200]);
  });

  it('is asked for by others at any of its homes, and by way of one at the other', async ({
    expect,
  }) => {
    const { group, one, stranger } = await useHomes({ grants: false });
    one.operator.grant(KEY, group.agent.address);

    for (let n = 0; n < 20; n += 1) expect((await stranger.invoke('hello')).status).toBe(200);
    expect(stranger.operator.of('demand')).toEqual([]);
  });

  it('is not throttled by one home while another has something idle', async ({ expect }) => {
    const { group, one, two } = await useHomes({ grants: false });
    two.operator.onDemand = (key) => {
      const refusal = 'ReservedFunctionConcurrentInvocationLimitExceeded';
      two.operator.say({ kind: 'outlook', key, coming: 0, refusal });
    };
    expect((await two.invoke('hello')).status).toBe(429);
    one.operator.grant(KEY, group.agent.address);

    await eventually(async () => {
      const { status } = await two.invoke('hello');
      if (status !== 200) throw new Error(`it is answered ${status.toString()}`);
    });
    // The refusal holds; what is idle elsewhere is used all the same.
    expect(two.operator.of('demand').filter(({ queued }) => queued > 0)).toHaveLength(1);
  });

  it('has its invocations move when a gateway is its home no more', async ({ expect }) => {
    const { group, one, two } = await useHomes({ grants: false });
    const waiting = two.invoke('hello');
    await eventually(() => {
      if (two.operator.of('demand').length < 1) throw new Error('it does not wait yet');
    });
    group.saySpread(1);
    await eventually(() => {
      if (one.operator.of('demand').length < 1) throw new Error('it has not moved yet');
    });
    one.operator.grant(KEY, group.agent.address);

    expect((await waiting).status).toBe(200);
    expect(two.operator.of('demand').at(-1)?.queued).toBe(0);
  });
});
