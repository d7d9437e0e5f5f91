import { createHash, randomBytes } from 'node:crypto';
import { readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { CodeNotMirroredError, type Clock, type StoredCode } from '@mayfly/core';
import { eventually, FakeClock, useTemporaryFolder } from '@mayfly/testkit';
import { systemClock as clock } from '@mayfly/telemetry';
import { describe, it, onTestFinished } from 'vitest';
import { toHexDigest } from '../folder-code-store.ts';
import { CodeFollower } from './code-follower.ts';
import {
  makeDisk,
  RecordingObserver,
  silentMirrorLogger as logger,
  SwitchableMirror,
  type OperatorDisk,
} from './mirror-world.ts';
import { MirroredCodeStore } from './mirrored-code-store.ts';

const NEVER = new AbortController().signal;

interface Member {
  readonly name: string;
  readonly disk: OperatorDisk;
  readonly folder: string;
  readonly way: SwitchableMirror;
  readonly observer: RecordingObserver;
}

/** Operators, each with a folder of its own. */
class World {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  static async use(): Promise<World> {
    return new World(await useTemporaryFolder());
  }

  operator(name: string): Member {
    return {
      name,
      disk: makeDisk(this.#folder, name),
      folder: path.join(this.#folder, name),
      way: new SwitchableMirror(),
      observer: new RecordingObserver(),
    };
  }

  async lead(
    member: Member,
    options: { readonly replicas?: number; readonly clock?: Clock } = {},
  ): Promise<MirroredCodeStore> {
    const { disk, observer } = member;
    const store = new MirroredCodeStore({
      ...{ ...disk, logger, observer, clock },
      replicas: 1,
      ...options,
    });
    await store.load();
    return store;
  }

  follow({ disk, name, way, observer }: Member, leader: MirroredCodeStore): CodeFollower {
    way.switchTo(leader);
    const deps = { ...disk, leader: way, logger, observer, clock };
    const follower = new CodeFollower({ ...deps, replica: name });
    follower.start();
    onTestFinished(() => follower.close());
    return follower;
  }
}

async function digestsOf({ disk }: Member): Promise<string[]> {
  return (await disk.local.list()).map(({ codeSha256 }) => codeSha256).sort();
}

async function putMany(store: MirroredCodeStore, count: number): Promise<StoredCode[]> {
  return Promise.all(Array.from({ length: count }, () => store.put(randomBytes(10_000))));
}

describe('a follower', () => {
  it('catches up with what there is, and keeps up with what comes', async ({ expect }) => {
    const world = await World.use();
    const [a, b] = [world.operator('a'), world.operator('b')];
    const leader = await world.lead(a);
    await putMany(leader, 20);
    const follower = world.follow(b, leader);
    expect(follower.isReady).toBe(false);
    await eventually(() => {
      expect(follower.isReady).toBe(true);
    });
    expect(await digestsOf(b)).toEqual(await digestsOf(a));
    const { codeSha256 } = await leader.put(randomBytes(2_000_000));
    await leader.awaitCopy(codeSha256, NEVER);
    expect(await digestsOf(b)).toEqual(await digestsOf(a));
    expect(await b.disk.local.get(codeSha256)).toEqual(await a.disk.local.get(codeSha256));
    expect(b.observer).toMatchObject({ kept: 21, missing: 0, bytes: 2_200_000 });
    expect(await readdir(b.disk.stagingDir)).toEqual([]);
  });

  it('drops what the leader forgets, and nothing while it cannot be reached', async ({
    expect,
  }) => {
    const world = await World.use();
    const [a, b, c] = [world.operator('a'), world.operator('b'), world.operator('c')];
    const leader = await world.lead(a);
    const [kept, forgotten] = await putMany(leader, 2);
    const followers = [world.follow(b, leader), world.follow(c, leader)];
    await eventually(() => {
      expect(followers.map(({ isReady }) => isReady)).toEqual([true, true]);
    });
    c.way.switchTo(undefined);
    await leader.retain(new Set([kept?.codeSha256 ?? '']));
    await eventually(async () => {
      expect(await digestsOf(b)).toEqual([kept?.codeSha256]);
    });
    expect(await digestsOf(c)).toContain(forgotten?.codeSha256);
    c.way.switchTo(leader);
    await eventually(async () => {
      expect(await digestsOf(c)).toEqual([kept?.codeSha256]);
    });
    await leader.put(randomBytes(100));
    await eventually(async () => {
      expect(await digestsOf(c)).toEqual(await digestsOf(a));
    });
  });

  it('reads what was put again after it was forgotten', async ({ expect }) => {
    const world = await World.use();
    const [a, b] = [world.operator('a'), world.operator('b')];
    const leader = await world.lead(a);
    const archive = randomBytes(1000);
    world.follow(b, leader);
    for (let round = 0; round < 3; round += 1) {
      const { codeSha256 } = await leader.put(archive);
      await leader.awaitCopy(codeSha256, NEVER);
      await eventually(async () => {
        expect(await digestsOf(b)).toEqual([codeSha256]);
      });
      await leader.retain(new Set());
    }
    await eventually(async () => {
      expect(await digestsOf(b)).toEqual([]);
    });
  });

  it('takes no archive that is another than the leader says, and reads it when it is mended', async ({
    expect,
  }) => {
    const world = await World.use();
    const [a, b] = [world.operator('a'), world.operator('b')];
    const leader = await world.lead(a);
    const archive = randomBytes(1000);
    const { codeSha256 } = await leader.put(archive);
    const file = path.join(a.folder, `${toHexDigest(codeSha256)}.zip`);
    await writeFile(file, randomBytes(1000));
    const follower = world.follow(b, leader);
    await eventually(() => {
      expect(follower.isReady).toBe(true);
    });
    expect(b.observer).toMatchObject({ kept: 0, missing: 1 });
    expect(await digestsOf(b)).toEqual([]);
    await writeFile(file, archive);
    b.way.switchTo(leader);
    await eventually(() => {
      expect(b.observer).toMatchObject({ kept: 1, missing: 0 });
    });
  });

  it('is ready when the leader mirrors nothing', async ({ expect }) => {
    const world = await World.use();
    const b = world.operator('b');
    const leader = await world.lead(world.operator('a'));
    const deaf = Object.create(leader) as MirroredCodeStore;
    deaf.follow = () => {
      throw new CodeNotMirroredError('an older one');
    };
    const follower = world.follow(b, deaf);
    await eventually(() => {
      expect(follower.isReady).toBe(true);
    });
  });
});

describe('a follower without a leader', () => {
  it('is ready after a minute only, and not at all while one that answers has more', async ({
    expect,
  }) => {
    const world = await World.use();
    const { disk, way, observer } = world.operator('b');
    const time = new FakeClock();
    const deps = { ...disk, leader: way, logger, observer, clock: time };
    const follower = new CodeFollower({ ...deps, replica: 'b' });
    follower.start();
    onTestFinished(() => follower.close());
    time.step(59_000);
    expect(follower.isReady).toBe(false);
    time.step(1_000);
    expect(follower.isReady).toBe(true);
    expect(follower.hasCaughtUp).toBe(false);
  });
});

describe('a new leader', () => {
  it('takes over what followers have and it lacks', async ({ expect }) => {
    const world = await World.use();
    const [a, b, c] = [world.operator('a'), world.operator('b'), world.operator('c')];
    const first = await world.lead(a);
    const lost = await putMany(first, 30);
    const follower = world.follow(b, first);
    await eventually(() => {
      expect(follower.isReady).toBe(true);
    });
    const next = await world.lead(c, { replicas: 2 });
    // Whoever asks before the follower has come waits for it.
    const asked = next.open(lost[7]?.codeSha256 ?? '', NEVER);
    b.way.switchTo(next);
    const found = await asked;
    if (found === undefined) throw new Error('it has not come');
    const bytes = await buffer(found.read());
    expect(createHash('sha256').update(bytes).digest('base64')).toBe(lost[7]?.codeSha256);
    await eventually(async () => {
      expect(next.isComplete).toBe(true);
      expect(await digestsOf(c)).toEqual(await digestsOf(b));
    });
    expect(c.observer).toMatchObject({ kept: 30, missing: 0, followerCount: 1 });
  });

  it('lets nobody be ready before it has all itself', async ({ expect }) => {
    const world = await World.use();
    const [b, c, d] = [world.operator('b'), world.operator('c'), world.operator('d')];
    const { codeSha256 } = await b.disk.local.put(randomBytes(1000));
    const next = await world.lead(c, { replicas: 3 });
    const giving = next.give.bind(next);
    const gate = Promise.withResolvers<undefined>();
    next.give = async (...args) => {
      await gate.promise;
      return giving(...args);
    };
    world.follow(b, next);
    await eventually(() => {
      expect(next.isComplete).toBe(false);
    });
    const fresh = world.follow(d, next);
    await eventually(() => {
      expect(c.observer.followerCount).toBe(2);
    });
    expect(fresh.isReady).toBe(false);
    gate.resolve(undefined);
    await eventually(() => {
      expect(fresh.isReady).toBe(true);
    });
    expect(await digestsOf(d)).toEqual([codeSha256]);
  });

  it('asks another follower when the first one is gone', async ({ expect }) => {
    const world = await World.use();
    const [b, c, d] = [world.operator('b'), world.operator('c'), world.operator('d')];
    const archive = randomBytes(1000);
    const { codeSha256 } = await b.disk.local.put(archive);
    await d.disk.local.put(archive);
    const next = await world.lead(c, { replicas: 3 });
    const giving = next.give.bind(next);
    let isFirst = true;
    next.give = (...args) => {
      if (!isFirst) return giving(...args);
      isFirst = false;
      return new Promise(() => undefined);
    };
    world.follow(b, next);
    await eventually(() => {
      expect(next.isComplete).toBe(false);
    });
    world.follow(d, next);
    await eventually(() => {
      expect(c.observer.followerCount).toBe(2);
    });
    b.way.switchTo(undefined);
    await eventually(async () => {
      expect(await digestsOf(c)).toEqual([codeSha256]);
    });
  });

  it('does not wait for what its followers have not, and for what they cannot give', async ({
    expect,
  }) => {
    const world = await World.use();
    const [b, c] = [world.operator('b'), world.operator('c')];
    const { codeSha256 } = await b.disk.local.put(randomBytes(1000));
    const next = await world.lead(c, { replicas: 2 });
    const folder = path.join(b.folder, `${toHexDigest(codeSha256)}.zip`);
    const listed = b.disk.local.list.bind(b.disk.local);
    b.disk.local.list = async () => {
      const names = await listed();
      await rm(folder, { force: true });
      return names;
    };
    const follower = world.follow(b, next);
    await eventually(() => {
      expect(follower.isReady).toBe(true);
    });
    expect(next.isComplete).toBe(true);
    expect(await next.open(codeSha256, NEVER)).toBeUndefined();
    expect(await next.get('nobody has it', NEVER)).toBeUndefined();
  });

  it('takes nothing that it has not asked for', async ({ expect }) => {
    const world = await World.use();
    const c = world.operator('c');
    const next = await world.lead(c);
    const gift = (async function* () {
      yield await Promise.resolve(randomBytes(100));
    })();
    expect(await next.give(gift, NEVER)).toMatchObject({ kind: 'refused' });
    expect(await digestsOf(c)).toEqual([]);
  });
});

describe('an upload', () => {
  it('is answered at once where there is but one operator', async ({ expect }) => {
    const world = await World.use();
    const a = world.operator('a');
    const leader = await world.lead(a);
    const { codeSha256 } = await leader.put(randomBytes(100));
    await leader.awaitCopy(codeSha256, NEVER);
    expect(a.observer.uncopiedCount).toBe(1);
    expect(await leader.awaitCopies(0)).toBe(false);
  });

  it('waits five seconds for a copy, and is answered all the same', async ({ expect }) => {
    const world = await World.use();
    const a = world.operator('a');
    const time = new FakeClock();
    const leader = await world.lead(a, { clock: time, replicas: 2 });
    const { codeSha256 } = await leader.put(randomBytes(100));
    const answered = leader.awaitCopy(codeSha256, NEVER);
    time.step(4_999);
    expect(a.observer.uncopiedCount).toBe(0);
    time.step(1);
    await answered;
    expect(a.observer.uncopiedCount).toBe(1);
    time.step(30_000);
    await leader.awaitCopy(codeSha256, NEVER);
    expect(a.observer.uncopiedCount).toBe(2);
  });

  it('is on two disks when it is answered', async ({ expect }) => {
    const world = await World.use();
    const [a, b] = [world.operator('a'), world.operator('b')];
    const leader = await world.lead(a, { replicas: 2 });
    const { codeSha256 } = await leader.put(randomBytes(100));
    const answered = leader.awaitCopy(codeSha256, NEVER);
    // It comes only now.
    world.follow(b, leader);
    await answered;
    expect(await digestsOf(b)).toEqual([codeSha256]);
    expect(a.observer.uncopiedCount).toBe(0);
    expect(await leader.awaitCopies(0)).toBe(true);
  });

  it('ends with its caller', async ({ expect }) => {
    const world = await World.use();
    const leader = await world.lead(world.operator('a'), { replicas: 2 });
    const { codeSha256 } = await leader.put(randomBytes(100));
    const gone = new AbortController();
    const answered = leader.awaitCopy(codeSha256, gone.signal);
    gone.abort(new Error('the caller is gone'));
    await expect(answered).rejects.toThrow('the caller is gone');
  });
});
