import { randomUUID } from 'node:crypto';
import {
  AGENT_PATHS,
  type Announcement,
  type AssignRequest,
  type CreateRequest,
  type ExecutionEnvironmentAddress,
  type ExecutionEnvironmentDriver,
} from '@mayfly/core';
import { describe, it, onTestFinished } from 'vitest';
import { aFunction } from '../builders/function.ts';
import { eventually } from '../eventually.ts';

/** A driver for one test, and what only its maker can do to it. */
export interface DriverUnderTest {
  readonly driver: ExecutionEnvironmentDriver;
  /** The Function that execution environments belong to, where that must exist. */
  readonly owner?: CreateRequest['owner'];
  /** Where it is. Default: `default`. */
  readonly namespace?: string;
  /** A second driver of the same world, as an operator that starts anew has it. */
  restart?(): Promise<ExecutionEnvironmentDriver>;
  /** An assignment of a function that answers with the payload it got, in JSON. */
  anEchoAssignment(executionEnvironmentId: string): Promise<AssignRequest>;
  /** Ends the agent as a crash would. */
  crashAgent(executionEnvironmentId: string): Promise<void> | void;
  close(): Promise<void>;
}

/** Records what a driver announces and waits for it. */
export class AnnouncementLog {
  readonly all: Announcement[] = [];

  constructor(driver: ExecutionEnvironmentDriver) {
    driver.onAnnouncement((announcement) => this.all.push(announcement));
  }

  /** The kinds announced so far for one execution environment. */
  kindsOf(executionEnvironmentId: string): string[] {
    return this.all
      .filter((announcement) => announcement.executionEnvironmentId === executionEnvironmentId)
      .map(({ kind }) => kind);
  }

  /** Waits for one announcement. */
  waitFor<K extends Announcement['kind']>(
    kind: K,
    executionEnvironmentId: string,
  ): Promise<Announcement & { kind: K }> {
    return eventually(
      () => {
        const found = this.all.find(
          (announcement): announcement is Announcement & { kind: K } =>
            announcement.kind === kind &&
            announcement.executionEnvironmentId === executionEnvironmentId,
        );
        if (found === undefined) throw new Error(`${kind} of ${executionEnvironmentId} is missing`);
        return found;
      },
      { timeoutMs: 15_000 },
    );
  }
}

/** What the contract makes execution environments with. */
export function aCreateRequest(
  executionEnvironmentId: string,
  { owner, namespace = 'default' }: Pick<DriverUnderTest, 'owner' | 'namespace'> = {},
): CreateRequest {
  const { spec } = aFunction({ spec: { runtime: 'provided.al2023', handler: 'bootstrap' } });
  return {
    executionEnvironmentId,
    key: { namespace, functionName: 'fixture', revision: 'r1' },
    isProvisioned: false,
    runtime: spec.runtime,
    memorySizeMb: spec.memorySize,
    configuration: spec,
    owner: owner ?? { name: 'fixture', uid: 'uid-of-fixture' },
  };
}

/** As the fleet makes them. */
function makeId(): string {
  return randomUUID().replaceAll('-', '');
}

/** Answer of an agent to an invocation. */
export interface AgentAnswer {
  readonly statusCode: number;
  readonly functionError: string | null;
  readonly payload: string;
}

/** Invokes as a gateway does. */
export async function invokeAgent(
  { address, token }: ExecutionEnvironmentAddress,
  payload: string,
): Promise<AgentAnswer> {
  const response = await fetch(`http://${address}${AGENT_PATHS.invocations}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'x-amzn-requestid': randomUUID() },
    body: payload,
    signal: AbortSignal.timeout(15_000),
  });
  return {
    statusCode: response.status,
    functionError: response.headers.get('x-amz-function-error'),
    payload: await response.text(),
  };
}

interface World extends DriverUnderTest {
  readonly id: string;
  readonly announcements: AnnouncementLog;
  create(id?: string): Promise<Announcement & { kind: 'waiting' }>;
}

/** What every driver does, whatever its execution environments are made of. */
export function describeExecutionEnvironmentDriver(
  name: string,
  make: () => Promise<DriverUnderTest>,
): void {
  async function useWorld(): Promise<World> {
    const underTest = await make();
    onTestFinished(() => underTest.close());
    const announcements = new AnnouncementLog(underTest.driver);
    const id = makeId();
    return {
      ...underTest,
      id,
      announcements,
      create: async (created = id) => {
        await underTest.driver.create(aCreateRequest(created, underTest));
        return announcements.waitFor('waiting', created);
      },
    };
  }

  describe(`${name} as a driver`, () => {
    describeLife(useWorld);
    describeProbes(useWorld);
    describeRefusals(useWorld);
    describeEnds(useWorld);
  });
}

function describeLife(useWorld: () => Promise<World>): void {
  it('creates, assigns, is invoked and destroys', async ({ expect }) => {
    const { driver, id, announcements, create, anEchoAssignment } = await useWorld();
    const waiting = await create();
    await driver.assign(await anEchoAssignment(id));
    const ready = await announcements.waitFor('ready', id);
    expect(ready.initOutcome).toBe('success');
    expect(ready.initDurationMs).toBeGreaterThan(0);
    expect(await invokeAgent(waiting, '{"n":1}')).toEqual({
      statusCode: 200,
      functionError: null,
      payload: '{"n":1}',
    });
    await driver.destroy(id);
    expect(announcements.kindsOf(id)).toEqual(['waiting', 'ready', 'gone']);
    await expect(invokeAgent(waiting, '{}')).rejects.toThrow();
  });

  it('keeps execution environments apart', async ({ expect }) => {
    const { driver, announcements, create, anEchoAssignment } = await useWorld();
    const ids = [makeId(), makeId(), makeId()];
    const waiting = await Promise.all(ids.map((each) => create(each)));
    await Promise.all(ids.map(async (each) => driver.assign(await anEchoAssignment(each))));
    await Promise.all(ids.map((each) => announcements.waitFor('ready', each)));
    const answers = await Promise.all(waiting.map((to, n) => invokeAgent(to, n.toString())));
    expect(answers.map(({ payload }) => payload)).toEqual(['0', '1', '2']);
    const [one, two] = waiting;
    if (one === undefined || two === undefined) throw new Error('unreachable');
    const mixed = await invokeAgent({ address: one.address, token: two.token }, '{}');
    expect(mixed.statusCode).toBe(401);
  });

  it('reports an init that fails as ready, with its outcome', async ({ expect }) => {
    const { driver, id, announcements, create, anEchoAssignment } = await useWorld();
    await create();
    const assignment = await anEchoAssignment(id);
    await driver.assign({
      ...assignment,
      environmentVariables: { ...assignment.environmentVariables, FAIL_INIT: '1' },
    });
    expect((await announcements.waitFor('ready', id)).initOutcome).toBe('error');
  });

  it('calls nobody back who has stopped listening', async ({ expect }) => {
    const { driver, id, create } = await useWorld();
    const heard: string[] = [];
    const stop = driver.onAnnouncement(({ kind }) => heard.push(kind));
    await create();
    stop();
    await driver.destroy(id);
    expect(heard).toEqual(['waiting']);
  });
}

function describeProbes(useWorld: () => Promise<World>): void {
  it('says how each one is', async ({ expect }) => {
    const { driver, id, announcements, create, anEchoAssignment } = await useWorld();
    expect((await driver.probe(id)).kind).toBe('unusable');
    const { address, token } = await create();
    expect(await driver.probe(id)).toEqual({ kind: 'waiting', address, token });
    await driver.assign(await anEchoAssignment(id));
    await announcements.waitFor('ready', id);
    expect(await driver.probe(id)).toEqual({ kind: 'idle', address, token });
    await driver.destroy(id);
    expect((await driver.probe(id)).kind).toBe('unusable');
  });

  it('finds after a restart what it can take over, and nothing else', async ({ expect }) => {
    const { driver, id, create, restart, anEchoAssignment, announcements } = await useWorld();
    if (restart === undefined) {
      expect(await driver.find()).toEqual([]);
      return;
    }
    const { address, token } = await create();
    await driver.assign(await anEchoAssignment(id));
    await announcements.waitFor('ready', id);
    const next = await restart();
    const found = await next.find();
    expect(found.map((one) => one.executionEnvironmentId)).toEqual([id]);
    // What it runs on may tell of its address later.
    await eventually(async () =>
      expect(await next.probe(id)).toEqual({ kind: 'idle', address, token }),
    );
    await next.destroy(id);
  });
}

function describeRefusals(useWorld: () => Promise<World>): void {
  it('assigns only once', async ({ expect }) => {
    const { driver, id, create, anEchoAssignment } = await useWorld();
    await create();
    const assignment = await anEchoAssignment(id);
    await driver.assign(assignment);
    await expect(driver.assign(assignment)).rejects.toThrow(id);
  });

  it('does not assign what does not exist', async ({ expect }) => {
    const { driver, id, anEchoAssignment } = await useWorld();
    await expect(driver.assign(await anEchoAssignment(id))).rejects.toThrow(id);
  });

  it('does not create the same twice', async ({ expect }) => {
    const { id, create } = await useWorld();
    const both = await Promise.allSettled([create(), create()]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(create(id)).rejects.toThrow(id);
  });

  it('knows which runtimes it has', async ({ expect }) => {
    const { driver } = await useWorld();
    expect(await driver.supports('provided.al2023')).toEqual({ kind: 'available' });
    const unknown = await driver.supports('cobol85');
    expect(unknown.kind).toBe('unavailable');
    expect(JSON.stringify(unknown)).toContain('cobol85');
  });
}

function describeEnds(useWorld: () => Promise<World>): void {
  it('destroys what does not exist without complaint', async ({ expect }) => {
    const { driver, announcements } = await useWorld();
    await driver.destroy('ee-unknown');
    expect(announcements.all).toEqual([]);
  });

  it('destroys while it is being created, and at the same time, and again', async ({ expect }) => {
    const world = await useWorld();
    const { driver, id, announcements } = world;
    const creating = driver.create(aCreateRequest(id, world));
    await Promise.all([driver.destroy(id), driver.destroy(id), creating.catch(() => undefined)]);
    await driver.destroy(id);
    expect(announcements.kindsOf(id).filter((kind) => kind === 'gone')).toHaveLength(1);
    expect(announcements.kindsOf(id).at(-1)).toBe('gone');
  });

  it('announces one whose agent crashes as gone, and goes on', async ({ expect }) => {
    const { driver, id, announcements, create, anEchoAssignment, crashAgent } = await useWorld();
    await create();
    await driver.assign(await anEchoAssignment(id));
    await announcements.waitFor('ready', id);
    await crashAgent(id);
    const gone = await announcements.waitFor('gone', id);
    expect(gone.message).not.toBe('');
    await driver.destroy(id);
    expect(announcements.kindsOf(id)).toEqual(['waiting', 'ready', 'gone']);
    const next = makeId();
    await create(next);
    await driver.assign(await anEchoAssignment(next));
    await announcements.waitFor('ready', next);
  });
}
