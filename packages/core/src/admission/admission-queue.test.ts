import { describe, it } from 'vitest';
import type { GatewayMessage, GrantedExecutionEnvironment } from '../ports/fleet-link.ts';
import type { RevisionKey } from '../ports/revision-key.ts';
import { AdmissionQueue, type AdmissionOutcome, type Waiter } from './admission-queue.ts';

const KEY: RevisionKey = { namespace: 'default', functionName: 'hello', revision: 'r1' };
const NEXT: RevisionKey = { ...KEY, revision: 'r2' };
const UNAVAILABLE = {
  kind: 'unavailable',
  key: KEY,
  message: 'no room',
  isTemporary: false,
} as const;
const REASON = 'ReservedFunctionConcurrentInvocationLimitExceeded';

function anExecutionEnvironment(
  executionEnvironmentId: string,
  key: RevisionKey = KEY,
): GrantedExecutionEnvironment {
  return {
    ...key,
    executionEnvironmentId,
    address: '127.0.0.1:1',
    token: 'token',
    version: '$LATEST',
    isProvisioned: false,
  };
}

class RecordingWaiter implements Waiter {
  readonly outcomes: AdmissionOutcome[] = [];

  settle(outcome: AdmissionOutcome): void {
    this.outcomes.push(outcome);
  }

  get last(): string {
    const outcome = this.outcomes.at(-1);
    return outcome?.kind === 'admitted'
      ? outcome.executionEnvironment.executionEnvironmentId
      : (outcome?.kind ?? 'waits');
  }
}

function makeQueue(maxQueueLength = 10) {
  const sent: GatewayMessage[] = [];
  const removed: string[] = [];
  const queue = new AdmissionQueue({
    maxQueueLength,
    send: (message) => sent.push(message),
    onRemoved: (id) => removed.push(id),
  });
  const admit = (key = KEY, nowMs = 0): RecordingWaiter => {
    const waiter = new RecordingWaiter();
    const outcome = queue.admit(key, waiter, nowMs);
    if (outcome.kind !== 'queued') waiter.settle(outcome);
    return waiter;
  };
  const grant = (id: string, key = KEY): void => {
    queue.receive({ kind: 'grant', executionEnvironment: anExecutionEnvironment(id, key) }, 0);
  };
  const refuse = (coming: number, key = KEY): void => {
    queue.receive({ kind: 'outlook', key, coming, refusal: REASON }, 0);
  };
  return { queue, sent, removed, admit, grant, refuse };
}

describe('AdmissionQueue', () => {
  it('says the first demand at once and later ones when flushed', ({ expect }) => {
    const { queue, sent, admit } = makeQueue();
    admit();
    expect(sent).toEqual([{ kind: 'demand', key: KEY, queued: 1 }]);
    admit();
    admit();
    expect(sent).toHaveLength(1);
    queue.flushDemand();
    queue.flushDemand();
    expect(sent.slice(1)).toEqual([{ kind: 'demand', key: KEY, queued: 3 }]);
  });

  it('gives a granted execution environment to the head of the queue and takes the demand back', ({
    expect,
  }) => {
    const { sent, admit, grant } = makeQueue();
    const [first, second] = [admit(), admit()];
    grant('a');
    expect([first.last, second.last]).toEqual(['a', 'waits']);
    grant('b');
    expect(second.last).toBe('b');
    expect(sent.at(-1)).toEqual({ kind: 'demand', key: KEY, queued: 0 });
  });

  it('says the same demand again after a grant, by which the operator counts one less', ({
    expect,
  }) => {
    const { sent, admit, grant } = makeQueue();
    const waiters = [admit(), admit()];
    sent.length = 0;
    grant('a');
    expect(waiters.map(({ last }) => last)).toEqual(['a', 'waits']);
    expect(sent).toEqual([{ kind: 'demand', key: KEY, queued: 1 }]);
  });

  it('says nothing of demand at a grant that nobody waits for', ({ expect }) => {
    const { sent, grant } = makeQueue();
    grant('a');
    grant('a');
    expect(sent).toEqual([]);
  });

  it('takes the most recently used of the idle ones', ({ expect }) => {
    const { queue, admit, grant } = makeQueue();
    for (const id of ['a', 'b', 'c']) grant(id);
    expect(admit().last).toBe('c');
    expect(admit().last).toBe('b');
    queue.complete('c', 5);
    expect(admit().last).toBe('c');
  });

  it('refuses beyond the bound of a function, over all its revisions', ({ expect }) => {
    const { admit } = makeQueue(2);
    admit();
    admit(NEXT);
    expect(admit().last).toBe('queue-full');
    expect(admit({ ...KEY, functionName: 'other' }).last).toBe('waits');
  });

  it('throttles the newest beyond what is coming and remembers the refusal', ({ expect }) => {
    const { sent, admit, grant, refuse } = makeQueue();
    const waiters = [admit(), admit(), admit()];
    refuse(1);
    expect(waiters.map(({ last }) => last)).toEqual(['waits', 'throttled', 'throttled']);
    const before = sent.length;
    expect(admit().last).toBe('throttled');
    grant('a');
    expect(waiters[0]?.last).toBe('a');
    expect(admit().last).toBe('throttled');
    expect(sent.slice(before)).toEqual([{ kind: 'demand', key: KEY, queued: 0 }]);
  });

  it('asks again after a lift, after a second, and after one has gone', ({ expect }) => {
    const { queue, admit, grant, refuse } = makeQueue();
    refuse(0);
    admit();
    refuse(0);
    expect(admit(KEY, 999).last).toBe('throttled');
    expect(admit(KEY, 1000).last).toBe('waits');
    refuse(0);
    queue.receive({ kind: 'lift', namespace: 'default', functionName: 'hello' }, 1);
    expect(admit().last).toBe('waits');
    grant('a');
    admit();
    refuse(0);
    queue.receive({ kind: 'gone', executionEnvironmentId: 'a' }, 1);
    expect(admit().last).toBe('waits');
  });

  it('keeps a refusal through an outlook that only answers what was left', ({ expect }) => {
    const { queue, admit, refuse } = makeQueue();
    admit();
    admit();
    refuse(1);
    queue.receive({ kind: 'outlook', key: KEY, coming: 1, refusal: undefined }, 0);
    expect(admit().last).toBe('throttled');
  });

  it('gives an idle one back at once and a busy one after its invocation', ({ expect }) => {
    const { queue, sent, removed, admit, grant } = makeQueue();
    grant('a');
    grant('b');
    admit();
    queue.receive({ kind: 'revoke', executionEnvironmentId: 'a' }, 1);
    queue.receive({ kind: 'revoke', executionEnvironmentId: 'b' }, 1);
    expect(sent).toEqual([{ kind: 'released', executionEnvironmentId: 'a' }]);
    const waiting = admit();
    queue.complete('b', 2);
    expect(waiting.last).toBe('waits');
    expect(sent.at(-1)).toEqual({ kind: 'released', executionEnvironmentId: 'b' });
    expect(removed).toEqual(['a', 'b']);
  });

  it('keeps one that is granted anew before it was given back, and says who still waits', ({
    expect,
  }) => {
    const { queue, sent, admit, grant } = makeQueue();
    admit();
    grant('e1');
    const waiter = admit();
    queue.receive({ kind: 'revoke', executionEnvironmentId: 'e1' }, 0);
    sent.length = 0;
    grant('e1');
    expect(sent).toEqual([{ kind: 'demand', key: KEY, queued: 1 }]);
    queue.complete('e1', 0);

    expect(waiter.last).toBe('e1');
    expect(sent.map(({ kind }) => kind)).not.toContain('released');
  });

  it('answers a revoke of one that it does not have', ({ expect }) => {
    const { queue, sent } = makeQueue();
    queue.receive({ kind: 'revoke', executionEnvironmentId: 'x' }, 1);
    expect(sent).toEqual([{ kind: 'released', executionEnvironmentId: 'x' }]);
  });

  it('drops dead ones, says so once, and ignores the end of their invocation', ({ expect }) => {
    const { queue, sent, admit, grant } = makeQueue();
    grant('a');
    admit();
    const cause = { message: 'refused', isLost: false };
    queue.markDead('a', cause);
    queue.markDead('a', cause);
    queue.complete('a', 1);
    expect(admit().last).toBe('waits');
    expect(sent.filter(({ kind }) => kind === 'dead')).toEqual([
      { kind: 'dead', executionEnvironmentId: 'a', ...cause },
    ]);
  });

  it('ends every wait when nothing can be made', ({ expect }) => {
    const { queue, sent, admit } = makeQueue();
    const waiters = [admit(), admit()];
    queue.receive({ ...UNAVAILABLE, message: 'no runtime' }, 1);
    expect(waiters.map(({ outcomes }) => outcomes)).toEqual([
      [{ kind: 'unavailable', message: 'no runtime' }],
      [{ kind: 'unavailable', message: 'no runtime' }],
    ]);
    expect(sent.at(-1)).toEqual({ kind: 'demand', key: KEY, queued: 0 });
  });

  it('goes on waiting for the execution environments there are when no more can be made', ({
    expect,
  }) => {
    const { queue, admit, grant } = makeQueue();
    grant('a');
    admit();
    const waiting = admit();
    queue.receive(UNAVAILABLE, 1);
    expect(waiting.outcomes).toEqual([]);
    queue.complete('a', 2);
    expect(waiting.last).toBe('a');
  });

  it('goes on waiting through a trouble that passes, and knows of it when the time is over', ({
    expect,
  }) => {
    const { queue, admit, grant } = makeQueue();
    const [first, second] = [admit(), admit()];
    queue.receive({ ...UNAVAILABLE, isTemporary: true }, 1);
    expect([first.outcomes, second.outcomes]).toEqual([[], []]);
    expect(queue.leave(second)).toEqual({ trouble: UNAVAILABLE.message });
    grant('a');
    expect(first.last).toBe('a');
    expect(queue.leave(admit())).toEqual({ trouble: undefined });
  });

  it('says how long invocations take, once it knows', ({ expect }) => {
    const { queue, sent, admit, grant } = makeQueue();
    grant('a');
    admit(KEY, 0);
    admit(KEY, 0);
    expect(sent.at(-1)).toEqual({ kind: 'demand', key: KEY, queued: 1 });
    queue.complete('a', 20);
    queue.flushDemand();
    expect(sent.at(-1)).toEqual({ kind: 'demand', key: KEY, queued: 0, typicalMs: 20 });
    queue.complete('a', 5_000);
    admit(KEY, 5_000);
    admit(KEY, 5_000);
    expect(sent.at(-1)).toEqual({ kind: 'demand', key: KEY, queued: 1, typicalMs: 2004 });
  });

  it('lets waiting invocations go over to a new revision, in order', ({ expect }) => {
    const { queue, sent, admit, grant } = makeQueue();
    grant('new', NEXT);
    const waiters = [admit(), admit()];
    queue.supersede(KEY, NEXT, 0);
    expect(waiters.map(({ last }) => last)).toEqual(['new', 'waits']);
    expect(sent.slice(-2)).toEqual([
      { kind: 'demand', key: KEY, queued: 0 },
      { kind: 'demand', key: NEXT, queued: 1 },
    ]);
    grant('old');
    expect(waiters[1]?.last).toBe('waits');
  });

  it('ends the wait for a function that is removed', ({ expect }) => {
    const { queue, admit } = makeQueue();
    const waiter = admit();
    queue.abandon(KEY);
    expect(waiter.last).toBe('removed');
  });

  it('lets a waiter leave once, and nobody serves it afterwards', ({ expect }) => {
    const { queue, admit, grant } = makeQueue();
    const [first, second] = [admit(), admit()];
    expect([queue.leave(first), queue.leave(first)]).toEqual([{ trouble: undefined }, undefined]);
    grant('a');
    expect([first.last, second.last]).toEqual(['waits', 'a']);
  });

  it('tells only the last state of each since the last time', ({ expect }) => {
    const { queue, admit, grant } = makeQueue();
    grant('a');
    grant('b');
    admit();
    queue.complete('b', 7);
    admit();
    queue.complete('b', 9);
    admit();
    expect(queue.drainActivity()).toEqual({
      kind: 'activity',
      idle: ['a'],
      busy: ['b'],
    });
    expect(queue.drainActivity()).toBeUndefined();
  });

  it('forgets revisions that nobody uses', ({ expect }) => {
    const { queue, admit, grant } = makeQueue();
    const waiter = admit();
    grant('a');
    queue.leave(waiter);
    queue.receive({ kind: 'gone', executionEnvironmentId: 'a' }, 1);
    queue.flushDemand();
    expect(queue.rememberedRevisions).toBe(0);
  });

  it('remembers no refusal of a revision that is no longer served', ({ expect }) => {
    const { queue, admit, refuse } = makeQueue();
    admit();
    refuse(0);
    queue.supersede(KEY, NEXT, 0);
    expect(queue.rememberedRevisions).toBe(0);

    admit(NEXT);
    refuse(0, NEXT);
    queue.abandon(NEXT);
    expect(queue.rememberedRevisions).toBe(0);
  });

  it('remembers no revision whose only caller found the queue full', ({ expect }) => {
    const { queue, admit } = makeQueue(1);
    admit();
    expect(admit(NEXT).last).toBe('queue-full');
    expect(queue.rememberedRevisions).toBe(1);
  });

  it('leaves one alone that runs an invocation of somebody else, and says so', ({ expect }) => {
    const { queue, sent, removed, admit, grant } = makeQueue();
    grant('a');
    admit();
    queue.markOccupied('a');
    queue.markOccupied('a');
    queue.complete('a', 1);
    expect(admit().last).toBe('waits');
    expect(sent[0]).toEqual({ kind: 'occupied', executionEnvironmentId: 'a' });
    expect(removed).toEqual(['a']);
  });

  it('says in the hello what it holds and what waits, and the demand book goes on from there', ({
    expect,
  }) => {
    const { queue, sent, admit, grant } = makeQueue();
    grant('a');
    grant('b');
    admit();
    admit(NEXT);
    admit(NEXT);
    expect(queue.hello(7)).toEqual({
      holding: [
        { executionEnvironmentId: 'a', isBusy: false, idleMs: 7 },
        { executionEnvironmentId: 'b', isBusy: true, idleMs: 0 },
      ],
      demands: [{ key: NEXT, queued: 2 }],
    });
    const before = sent.length;
    queue.flushDemand();
    expect([sent.length, queue.drainActivity()]).toEqual([before, undefined]);
    admit(NEXT);
    queue.flushDemand();
    expect(sent.slice(before)).toEqual([{ kind: 'demand', key: NEXT, queued: 3 }]);
  });

  it('forgets at the hello what the operator before has said', ({ expect }) => {
    const { queue, sent, admit, grant, refuse } = makeQueue();
    grant('a');
    admit();
    queue.receive({ kind: 'revoke', executionEnvironmentId: 'a' }, 1);
    const waiter = admit();
    refuse(1);
    queue.hello(7);
    queue.complete('a', 2);
    expect(waiter.last).toBe('a');
    expect(sent.some(({ kind }) => kind === 'released')).toBe(false);
    expect(admit(KEY, 2).last).toBe('waits');
  });

  it('sends away those that wait for a function of another home', ({ expect }) => {
    const { queue, sent, admit } = makeQueue();
    const other = { ...KEY, functionName: 'other' };
    const [ours, theirs, newer] = [admit(other), admit(), admit(NEXT)];
    queue.moveAway((functionId) => functionId === 'default/other');
    expect([ours.last, theirs.last, newer.last]).toEqual(['waits', 'moved', 'moved']);
    expect(sent.slice(-2)).toEqual([
      { kind: 'demand', key: KEY, queued: 0 },
      { kind: 'demand', key: NEXT, queued: 0 },
    ]);
  });

  it('suspects the idle ones at the host and of the revision of a lost one', ({ expect }) => {
    const { queue, admit, grant } = makeQueue();
    const other = { ...KEY, functionName: 'other' };
    grant('same-revision');
    grant('same-host', other);
    grant('busy');
    admit();
    const lost = { ...anExecutionEnvironment('lost'), address: '127.0.0.1:2' };
    const idsOf = (address: string): readonly string[] =>
      queue.suspectsOf({ ...lost, address }).map((one) => one.executionEnvironmentId);
    expect(idsOf('127.0.0.1:2')).toEqual(['same-revision', 'same-host']);
    expect(idsOf('127.0.0.2:2')).toEqual(['same-revision']);
    expect([queue.isIdle('same-host'), queue.isIdle('busy'), queue.isIdle('x')]).toEqual([
      true,
      false,
      false,
    ]);
    expect([queue.hasIdle(KEY), queue.hasIdle(other), queue.hasIdle(NEXT)]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('is not moved by messages about what it does not have', ({ expect }) => {
    const { queue, sent } = makeQueue();
    const nobody = { executionEnvironmentId: 'x' };
    queue.receive({ kind: 'gone', ...nobody }, 1);
    queue.receive({ kind: 'outlook', key: KEY, coming: 3, refusal: REASON }, 1);
    queue.receive({ kind: 'unavailable', key: KEY, message: 'm', isTemporary: false }, 1);
    queue.receive({ kind: 'lift', namespace: 'default', functionName: 'hello' }, 1);
    queue.receive({ kind: 'members', gateways: [] }, 1);
    queue.complete('x', 1);
    queue.markDead('x', { message: 'm', isLost: true });
    queue.markOccupied('x');
    expect([sent, queue.rememberedRevisions]).toEqual([[], 0]);
  });
});
