import fc from 'fast-check';
import { describe, it } from 'vitest';
import { decideFleet, type FleetPlan } from './decide-fleet.ts';
import { functionIdOf, type FleetDemand, type FleetFacts, type FleetMember } from './facts.ts';

const NOW = 1_000_000;

function key(functionName: string, revision = 'r1'): FleetMember['key'] {
  return { namespace: 'default', functionName, revision };
}

function member(id: string, overrides: Partial<FleetMember> = {}): FleetMember {
  return {
    executionEnvironmentId: id,
    key: key('hello'),
    state: 'idle',
    createdMs: NOW,
    idleSinceMs: NOW,
    gatewayId: 'g1',
    isRevoked: false,
    isProvisioned: false,
    ...overrides,
  };
}

function demand(functionName: string, queued: number): FleetDemand {
  return { gatewayId: 'g1', key: key(functionName), queued, notBeforeMs: 0 };
}

function facts(
  overrides: Partial<FleetFacts> & { reserved?: Record<string, number> } = {},
): FleetFacts {
  const { reserved = {}, ...rest } = overrides;
  const functions = new Map(
    ['hello', 'other', 'third'].map((functionName) => [
      `default/${functionName}`,
      {
        namespace: 'default',
        functionName,
        revisions: new Map([['r1', { idleMs: 60_000 }]]),
        reservedConcurrency: reserved[functionName],
      },
    ]),
  );
  return {
    members: [],
    demands: [],
    provisions: [],
    creations: 1000,
    functions,
    refused: new Set(),
    accountConcurrency: 10,
    maxStarting: 100,
    nowMs: NOW,
    ...rest,
  };
}

const created = (plan: FleetPlan): string[] => plan.create.map((wish) => wish.key.functionName);
const revoked = (plan: FleetPlan): string[] => plan.revoke.map((r) => r.executionEnvironmentId);

describe('decideFleet', () => {
  it('does nothing in a stable world', ({ expect }) => {
    const plan = decideFleet(facts({ members: [member('a')] }));

    expect(plan).toEqual({
      create: [],
      move: [],
      revoke: [],
      abandon: [],
      outlooks: [],
      shortages: [],
      lift: [],
      isAtRate: false,
    });
  });

  it('creates one execution environment for each waiting invocation', ({ expect }) => {
    const plan = decideFleet(facts({ demands: [demand('hello', 3)] }));

    expect(created(plan)).toEqual(['hello', 'hello', 'hello']);
    expect(plan.outlooks).toEqual([
      { gatewayId: 'g1', key: key('hello'), coming: 3, refusal: undefined },
    ]);
  });

  it('counts those that are starting already', ({ expect }) => {
    const plan = decideFleet(
      facts({ demands: [demand('hello', 3)], members: [member('a', { state: 'starting' })] }),
    );

    expect(created(plan)).toHaveLength(2);
  });

  it('takes turns between functions', ({ expect }) => {
    const plan = decideFleet(
      facts({ demands: [demand('hello', 3), demand('other', 1)], maxStarting: 3 }),
    );

    expect(created(plan)).toEqual(['hello', 'other', 'hello']);
  });

  it('promises what only the creation rate holds back', ({ expect }) => {
    const plan = decideFleet(facts({ demands: [demand('hello', 5)], maxStarting: 2 }));

    expect(created(plan)).toHaveLength(2);
    expect(plan.outlooks[0]).toMatchObject({ coming: 5, refusal: undefined });
  });

  it('lets those that start for long keep no other function from starting, only their own', ({
    expect,
  }) => {
    const stuck = Array.from({ length: 4 }, (_, n) =>
      member(`s${String(n)}`, { state: 'starting', createdMs: NOW - 29_999 }),
    );
    const demands = [demand('hello', 9), demand('other', 1)];
    const soon = decideFleet(facts({ members: stuck, demands, maxStarting: 4 }));
    expect(created(soon)).toEqual([]);

    const late = decideFleet(
      facts({ members: stuck, demands, maxStarting: 4, nowMs: NOW + 1, accountConcurrency: 100 }),
    );
    expect(created(late)).toEqual(['other']);
  });

  it('waits after a failed start', ({ expect }) => {
    const plan = decideFleet(
      facts({ demands: [{ ...demand('hello', 1), notBeforeMs: NOW + 500 }] }),
    );

    expect(plan.create).toEqual([]);
  });

  it('refuses what exceeds the reserved concurrency', ({ expect }) => {
    const plan = decideFleet(facts({ demands: [demand('hello', 3)], reserved: { hello: 2 } }));

    expect(created(plan)).toHaveLength(2);
    expect(plan.outlooks[0]).toEqual({
      gatewayId: 'g1',
      key: key('hello'),
      coming: 2,
      refusal: 'ReservedFunctionConcurrentInvocationLimitExceeded',
    });
  });

  it('refuses everything at a reserved concurrency of 0', ({ expect }) => {
    const plan = decideFleet(facts({ demands: [demand('hello', 1)], reserved: { hello: 0 } }));

    expect(plan.outlooks[0]).toMatchObject({ coming: 0 });
    expect(plan.create).toEqual([]);
  });

  it('leaves reserved concurrency of others alone', ({ expect }) => {
    const plan = decideFleet(facts({ demands: [demand('hello', 9)], reserved: { other: 8 } }));

    expect(created(plan)).toHaveLength(2);
    expect(plan.outlooks[0]?.refusal).toBe('ConcurrentInvocationLimitExceeded');
  });

  it('evicts the least recently used idle one of the pool at the limit', ({ expect }) => {
    const plan = decideFleet(
      facts({
        accountConcurrency: 2,
        demands: [demand('hello', 1)],
        members: [
          member('new', { gatewayId: 'g1', key: key('other'), idleSinceMs: NOW - 1 }),
          member('old', { gatewayId: 'g1', key: key('third'), idleSinceMs: NOW - 2 }),
        ],
      }),
    );

    expect(plan.revoke).toEqual([
      { executionEnvironmentId: 'old', reason: 'evicted', inFavourOf: key('hello') },
    ]);
    expect(plan.create).toEqual([]);
    expect(plan.outlooks[0]).toMatchObject({ coming: 1, refusal: undefined });
  });

  it('does not evict a second one for a slot that is on its way', ({ expect }) => {
    const plan = decideFleet(
      facts({
        accountConcurrency: 2,
        demands: [demand('hello', 1)],
        members: [
          member('leaving', { gatewayId: 'g1', key: key('other'), isRevoked: true }),
          member('idle', { gatewayId: 'g1', key: key('third') }),
        ],
      }),
    );

    expect(plan.revoke).toEqual([]);
    expect(plan.outlooks[0]).toMatchObject({ coming: 1, refusal: undefined });
  });

  it('revokes what was idle for too long', ({ expect }) => {
    const plan = decideFleet(
      facts({ members: [member('a', { idleSinceMs: NOW - 60_000 }), member('b')] }),
    );

    expect(plan.revoke).toEqual([{ executionEnvironmentId: 'a', reason: 'idle' }]);
  });

  it('revokes granted ones of an old revision and abandons starting ones', ({ expect }) => {
    const old = { gatewayId: 'g1', key: key('hello', 'r0') };
    const plan = decideFleet(
      facts({
        members: [
          member('busy', { ...old, state: 'busy' }),
          member('starting', { ...old, state: 'starting' }),
        ],
      }),
    );

    expect(plan.revoke).toEqual([{ executionEnvironmentId: 'busy', reason: 'outdated' }]);
    expect(plan.abandon).toEqual(['starting']);
  });

  it('revokes those of a function that is gone', ({ expect }) => {
    const plan = decideFleet(facts({ members: [member('a')], functions: new Map() }));

    expect(revoked(plan)).toEqual(['a']);
  });

  it('shrinks to a lowered limit, idle ones first', ({ expect }) => {
    const plan = decideFleet(
      facts({
        reserved: { hello: 1 },
        members: [member('busy', { state: 'busy' }), member('idle')],
      }),
    );

    expect(plan.revoke).toEqual([{ executionEnvironmentId: 'idle', reason: 'overLimit' }]);
  });

  it('lifts a refusal when there is headroom again', ({ expect }) => {
    const refused = new Set(['default/hello']);

    expect(decideFleet(facts({ refused })).lift).toEqual([
      { namespace: 'default', functionName: 'hello' },
    ]);
    expect(decideFleet(facts({ refused, reserved: { hello: 0 } })).lift).toEqual([]);
  });
});

const names = fc.constantFrom('hello', 'other', 'third');
const anyMember = fc.record({
  functionName: names,
  revision: fc.constantFrom('r0', 'r1'),
  state: fc.constantFrom('starting', 'idle', 'busy', 'moving', 'terminating'),
  gatewayId: fc.constantFrom('g1', 'g2'),
  idleForMs: fc.integer({ min: 0, max: 120_000 }),
  isRevoked: fc.boolean(),
});
const anyWorld = fc.record({
  members: fc.array(anyMember, { maxLength: 12 }),
  queued: fc.dictionary(names, fc.integer({ min: 0, max: 6 })),
  reserved: fc.dictionary(names, fc.integer({ min: 0, max: 4 })),
  accountConcurrency: fc.integer({ min: 0, max: 14 }),
  maxStarting: fc.integer({ min: 0, max: 6 }),
});

function toFacts(world: typeof anyWorld extends fc.Arbitrary<infer W> ? W : never): FleetFacts {
  return facts({
    reserved: world.reserved,
    accountConcurrency: world.accountConcurrency,
    maxStarting: world.maxStarting,
    demands: Object.entries(world.queued).map(([name, queued]) => demand(name, queued)),
    members: world.members.map((m, i) =>
      member(`m${String(i)}`, {
        key: key(m.functionName, m.revision),
        state: m.state,
        gatewayId: m.gatewayId,
        idleSinceMs: NOW - m.idleForMs,
        isRevoked: m.isRevoked && m.state !== 'starting' && m.state !== 'moving',
      }),
    ),
  });
}

describe('decideFleet with several gateways', () => {
  const elsewhere = { ...demand('hello', 1), gatewayId: 'g2' };

  it('moves an idle one to the gateway that waits instead of making another', ({ expect }) => {
    const plan = decideFleet(facts({ members: [member('a')], demands: [elsewhere] }));

    expect(plan.move).toEqual([{ executionEnvironmentId: 'a', to: 'g2' }]);
    expect(plan.create).toEqual([]);
    expect(plan.outlooks).toMatchObject([{ gatewayId: 'g2', coming: 1, refusal: undefined }]);
  });

  it('moves one only once', ({ expect }) => {
    const demands = [{ ...elsewhere, queued: 2 }];
    const plan = decideFleet(facts({ members: [member('a')], demands }));

    expect(plan.move).toHaveLength(1);
    expect(created(plan)).toEqual(['hello']);
  });

  it('counts what moves for the gateway it moves to, and for no other', ({ expect }) => {
    const members = [member('a', { state: 'moving', gatewayId: 'g2' })];
    const plan = decideFleet(facts({ members, demands: [elsewhere, demand('hello', 1)] }));

    expect(plan.create).toMatchObject([{ key: key('hello'), gatewayId: 'g1' }]);
  });

  it('leaves one alone that moves: not idle for too long, not evicted, not over the limit', ({
    expect,
  }) => {
    const members = [member('a', { state: 'moving', gatewayId: 'g2', idleSinceMs: 0 })];
    const demands = [demand('other', 1)];
    const plan = decideFleet(facts({ members, demands, accountConcurrency: 1 }));

    expect(plan.revoke).toEqual([]);
    expect(plan.outlooks[0]?.refusal).toBe('ConcurrentInvocationLimitExceeded');
  });

  it('moves none of another revision, and none that is being given up', ({ expect }) => {
    const members = [
      member('old', { key: key('hello', 'r0') }),
      member('revoked', { isRevoked: true }),
      member('busy', { state: 'busy' }),
    ];
    const plan = decideFleet(facts({ members, demands: [elsewhere] }));

    expect(plan.move).toEqual([]);
    expect(created(plan)).toEqual(['hello']);
  });
});

describe('decideFleet with provisioned concurrency', () => {
  const provisioned = (count: number, functionName = 'hello'): FleetFacts['provisions'] => [
    { key: key(functionName), count, notBeforeMs: 0 },
  ];
  const ahead = (id: string, overrides: Partial<FleetMember> = {}): FleetMember =>
    member(id, { isProvisioned: true, ...overrides });

  it('makes what is missing, for no gateway in particular', ({ expect }) => {
    const plan = decideFleet(facts({ members: [ahead('a')], provisions: provisioned(3) }));

    expect(plan.create).toEqual([
      {
        key: key('hello'),
        gatewayId: undefined,
        isProvisioned: true,
        pool: { used: 2, limit: 10 },
      },
      {
        key: key('hello'),
        gatewayId: undefined,
        isProvisioned: true,
        pool: { used: 3, limit: 10 },
      },
    ]);
    expect(plan.outlooks).toEqual([]);
  });

  it('keeps them, however long they are idle', ({ expect }) => {
    const members = [ahead('a', { idleSinceMs: 0 })];
    expect(decideFleet(facts({ members, provisions: provisioned(1) })).revoke).toEqual([]);
  });

  it('counts none that was started on demand', ({ expect }) => {
    const plan = decideFleet(facts({ members: [member('a')], provisions: provisioned(1) }));
    expect(plan.create).toMatchObject([{ isProvisioned: true }]);
  });

  it('gives up what is too much, idle ones first', ({ expect }) => {
    const members = [
      ahead('busy', { state: 'busy' }),
      ahead('idle'),
      ahead('starting', { state: 'starting' }),
    ];
    const plan = decideFleet(facts({ members, provisions: provisioned(1) }));

    expect(plan.revoke).toEqual([{ executionEnvironmentId: 'idle', reason: 'deprovisioned' }]);
    expect(plan.abandon).toEqual(['starting']);
    const rest = decideFleet(facts({ members: [ahead('busy', { state: 'busy' })] }));
    expect(rest.revoke).toEqual([{ executionEnvironmentId: 'busy', reason: 'deprovisioned' }]);
  });

  it('evicts what is idle on demand, and nothing provisioned', ({ expect }) => {
    const members = [ahead('ahead', { key: key('other') }), member('idle', { key: key('third') })];
    const provisions = [...provisioned(1), ...provisioned(1, 'other')];
    const plan = decideFleet(facts({ members, provisions, accountConcurrency: 2 }));

    expect(plan.revoke).toEqual([
      { executionEnvironmentId: 'idle', reason: 'evicted', inFavourOf: key('hello') },
    ]);
    expect(plan.shortages).toEqual([]);
  });

  it('says what has no room', ({ expect }) => {
    const plan = decideFleet(facts({ provisions: provisioned(3), reserved: { hello: 2 } }));

    expect(plan.create).toHaveLength(2);
    expect(plan.shortages).toEqual([{ key: key('hello'), missing: 1 }]);
  });

  it('serves those that wait first', ({ expect }) => {
    const plan = decideFleet(
      facts({ demands: [demand('hello', 2)], provisions: provisioned(2), creations: 3 }),
    );

    expect(plan.create.map(({ isProvisioned }) => isProvisioned)).toEqual([false, false, true]);
    expect(plan.isAtRate).toBe(true);
  });

  it('waits after an attempt that failed', ({ expect }) => {
    const provisions = [{ key: key('hello'), count: 1, notBeforeMs: NOW + 1 }];
    expect(decideFleet(facts({ provisions })).create).toEqual([]);
  });
});

describe('decideFleet at its rate', () => {
  it('creates in turns of functions, and says that more is to come', ({ expect }) => {
    const demands = [demand('hello', 5), demand('other', 1), demand('third', 1)];
    const plan = decideFleet(facts({ demands, creations: 3 }));

    expect(created(plan)).toEqual(['hello', 'other', 'third']);
    expect(plan.isAtRate).toBe(true);
    expect(plan.outlooks).toMatchObject([{ coming: 5, refusal: undefined }, {}, {}]);
  });
});

describe('decideFleet with versions', () => {
  it('keeps every revision that is served, each by its own idle time', ({ expect }) => {
    const revisions = new Map([
      ['r1', { idleMs: 60_000 }],
      ['r1.1', { idleMs: 10 }],
    ]);
    const functions = new Map([
      [
        'default/hello',
        { namespace: 'default', functionName: 'hello', revisions, reservedConcurrency: undefined },
      ],
    ]);
    const members = [
      member('latest', { idleSinceMs: NOW - 100 }),
      member('one', { key: key('hello', 'r1.1'), idleSinceMs: NOW - 100 }),
      member('two', { key: key('hello', 'r0.2') }),
    ];

    expect(decideFleet(facts({ functions, members })).revoke).toEqual([
      { executionEnvironmentId: 'one', reason: 'idle' },
      { executionEnvironmentId: 'two', reason: 'outdated' },
    ]);
  });

  it('evicts an idle one of another version of the same reservation', ({ expect }) => {
    const revisions = new Map([
      ['r1', { idleMs: 60_000 }],
      ['r1.1', { idleMs: 60_000 }],
    ]);
    const functions = new Map([
      [
        'default/hello',
        { namespace: 'default', functionName: 'hello', revisions, reservedConcurrency: 1 },
      ],
    ]);
    const demands = [{ ...demand('hello', 1), key: key('hello', 'r1.1') }];
    const plan = decideFleet(facts({ functions, demands, members: [member('latest')] }));

    expect(plan.revoke).toMatchObject([{ executionEnvironmentId: 'latest', reason: 'evicted' }]);
    expect(plan.outlooks).toMatchObject([{ coming: 1, refusal: undefined }]);
  });
});

describe('decideFleet in any world', () => {
  it('never lets more exist than a limit allows', ({ expect }) => {
    fc.assert(
      fc.property(anyWorld, (world) => {
        const given = toFacts(world);
        const plan = decideFleet(given);
        for (const fn of given.functions.values()) {
          const sharesPool = (k: { functionName: string }): boolean =>
            fn.reservedConcurrency === undefined
              ? given.functions.get(`default/${k.functionName}`)?.reservedConcurrency === undefined
              : k.functionName === fn.functionName;
          const reserved = [...given.functions.values()].reduce(
            (sum, f) => sum + (f.reservedConcurrency ?? 0),
            0,
          );
          const limit = fn.reservedConcurrency ?? Math.max(0, given.accountConcurrency - reserved);
          const before = given.members.filter((m) => sharesPool(m.key)).length;
          const made = plan.create.filter((wish) => sharesPool(wish.key)).length;
          expect(made === 0 || before + made <= limit).toBe(true);
        }
      }),
    );
  });

  it('gives up each one once, never a starting one by revoke', ({ expect }) => {
    fc.assert(
      fc.property(anyWorld, (world) => {
        const given = toFacts(world);
        const plan = decideFleet(given);
        const ids = [
          ...revoked(plan),
          ...plan.abandon,
          ...plan.move.map((m) => m.executionEnvironmentId),
        ];
        expect(new Set(ids).size).toBe(ids.length);
        for (const id of revoked(plan)) {
          const found = given.members.find((m) => m.executionEnvironmentId === id);
          expect(found?.isRevoked).toBe(false);
          expect(['idle', 'busy']).toContain(found?.state);
        }
      }),
    );
  });

  it('answers every demand of a known revision: served in time, or refused with a reason', ({
    expect,
  }) => {
    fc.assert(
      fc.property(anyWorld, (world) => {
        const given = toFacts(world);
        const plan = decideFleet(given);
        for (const { key: wanted, queued } of given.demands.filter((d) => d.queued > 0)) {
          const outlook = plan.outlooks.find((o) => functionIdOf(o.key) === functionIdOf(wanted));
          expect(outlook).toBeDefined();
          expect((outlook?.coming ?? 0) >= queued || outlook?.refusal !== undefined).toBe(true);
        }
      }),
    );
  });
});
