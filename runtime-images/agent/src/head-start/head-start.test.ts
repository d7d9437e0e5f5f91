import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HANDLER_TO_COME } from '@mayfly/core';
import type { HeadStartPlan } from '@mayfly/core';
import { describe, it, onTestFinished, vi } from 'vitest';
import { anAssignment, isRunning, useDirectory } from '../fixtures/agent-fixture.ts';
import { useSupervisor } from '../fixtures/supervisor-fixture.ts';
import type { RuntimeFailure, RuntimeOptions } from '../runtime.ts';
import { SupervisedRuntime } from '../supervised-runtime.ts';
import { Supervisor } from '../supervisor.ts';
import { HeadStart } from './head-start.ts';
import { NODE_PROGRAM } from './node-program.ts';

/** Prints everything that a function can see of how it was started. */
const WITNESS = `
import { execFileSync, fork } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import { readFileSync } from 'node:fs';
const ask = (target) => new Promise((resolve) => target.once('message', resolve));
const { env, argv, execArgv } = process;
const seen = (self) => self + '({ env: process.env, argv: process.argv, execArgv: process.execArgv })';
const worker = await ask(new Worker(seen("require('node:worker_threads').parentPort.postMessage"), { eval: true }));
const child = JSON.parse(execFileSync(process.execPath, ['-p', 'JSON.stringify({ env: process.env, execArgv: process.execArgv })']));
const stdin = readFileSync(0, 'utf8');
console.log(JSON.stringify({ env, argv, execArgv, cwd: process.cwd(), stdin, worker, child, date: new Date(0).toString() }));
`;

const LIVING = `console.log(process.argv[2]); process.on('SIGTERM', () => process.exit(7)); setInterval(() => {}, 1000);`;

const SPARE_VARIABLES = { LANG: 'en_US.UTF-8', TZ: ':UTC', AWS_LAMBDA_RUNTIME_API: 'x:1' };
const VARIABLES = {
  ...SPARE_VARIABLES,
  _HANDLER: 'src/index.handler',
  TRICKY: `it's "a" $HOME \`b\` \\ ünï\n\tend'\0`,
  FROM_IMAGE: 'preset',
  AWS_LAMBDA_LOG_FORMAT: 'JSON',
  'no.name': 'left out',
};

/** Says why a library cannot be loaded that its code brings. */
const NEEDY = `
try { process.dlopen({ exports: {} }, 'libprobe.so'); } catch (error) { console.log(error.message); }`;

interface World {
  readonly dir: string;
  readonly supervisor: Supervisor;
  readonly lines: string[];
  readonly ends: RuntimeFailure[];
  readonly headStart: HeadStart;
  /** What starts the function; as ever, or of the head start. */
  readonly options: RuntimeOptions;
  /** How many processes the supervisor has. */
  countProcesses(): Promise<number>;
}

async function useHeadStart(
  script: string,
  overrides: { readonly fits?: boolean; readonly plan?: Partial<HeadStartPlan> } = {},
): Promise<World> {
  const dir = useDirectory();
  const supervisor = new Supervisor(dir);
  onTestFinished(() => {
    supervisor.close();
  });
  const { pid } = await useSupervisor(dir);
  await supervisor.attached;
  const program = supervisor.writeFile('head-start.cjs', NODE_PROGRAM);
  const path = join(dir, 'witness.mjs');
  writeFileSync(path, script);
  const makeCommand = (handler: string) => [process.execPath, path, handler] as const;
  const plan: HeadStartPlan = {
    command: [...makeCommand(HANDLER_TO_COME)],
    workingDirectory: dir,
    variables: {
      ...SPARE_VARIABLES,
      LD_LIBRARY_PATH: `${dir}/lib`,
      NODE_OPTIONS: `--require=${program}`,
    },
    libraryFolders: [`${dir}/lib`],
    ...overrides.plan,
  };
  const lines: string[] = [];
  const ends: RuntimeFailure[] = [];
  const options: RuntimeOptions = {
    executionEnvironmentId: 'ee-1',
    command: [...makeCommand('src/index.handler')],
    candidates: [],
    workingDirectory: dir,
    variables: { ...VARIABLES, LD_LIBRARY_PATH: `${dir}/lib` },
    isPreset: (name) => name in SPARE_VARIABLES || name === 'FROM_IMAGE',
    onLine: (line) => lines.push(line),
    onEnd: (failure) => ends.push(failure),
  };
  const headStart = new HeadStart({
    supervisor,
    executionEnvironmentId: 'ee-1',
    plan,
    fits: () => overrides.fits ?? true,
    parkedWithinMs: 2_000,
  });
  return {
    dir,
    supervisor,
    lines,
    ends,
    headStart,
    options,
    countProcesses: async () => {
      const children = readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, 'latin1');
      const running = await Promise.all(children.trim().split(' ').map(Number).map(isRunning));
      return running.filter(Boolean).length;
    },
  };
}

async function untilEnded({ ends }: World): Promise<void> {
  await vi.waitFor(() => {
    if (ends.length === 0) throw new Error('it runs');
  }, 10_000);
}

describe('a runtime with a head start', () => {
  it('is the process that would have been started without', async ({ expect }) => {
    const world = await useHeadStart(WITNESS);
    await world.headStart.settle();
    const early = world.headStart.take(world.options);
    expect(early).toBeDefined();
    await untilEnded(world);
    await early?.kill();
    const late = new SupervisedRuntime(world.supervisor, world.options);
    await vi.waitFor(() => {
      expect(world.ends).toHaveLength(2);
    }, 10_000);
    await late.kill();
    const [seenEarly, seenLate] = world.lines.map((line) => JSON.parse(line) as object);
    expect(seenEarly).toEqual(seenLate);
    expect(seenEarly).toMatchObject({
      env: { FROM_IMAGE: 'image', AWS_LAMBDA_LOG_FORMAT: 'JSON' },
    });
  });

  it('waits before the program of the image', async ({ expect }) => {
    const world = await useHeadStart(LIVING);
    await world.headStart.settle();
    expect(world.lines).toEqual([]);
    const runtime = world.headStart.take(world.options);
    await vi.waitFor(() => {
      expect(world.lines).toEqual(['src/index.handler']);
    });
    world.supervisor.tell('term');
    await untilEnded(world);
    await runtime?.kill();
    expect(world.ends).toEqual([
      { errorType: 'Runtime.ExitError', reason: 'Runtime exited with error: exit status 7' },
    ]);
  });

  it('finds libraries that come later', async ({ expect }) => {
    const world = await useHeadStart(NEEDY);
    await world.headStart.settle();
    const folder = join(world.dir, 'lib');
    expect(existsSync(folder)).toBe(false);
    mkdirSync(folder);
    writeFileSync(join(folder, 'libprobe.so'), 'no library '.repeat(20));
    world.headStart.take(world.options);
    await untilEnded(world);
    expect(world.lines).toEqual([`${folder}/libprobe.so: invalid ELF header`]);
  });

  it('is given once', async ({ expect }) => {
    const world = await useHeadStart(LIVING);
    await world.headStart.settle();
    expect(world.headStart.take(world.options)).toBeDefined();
    expect(world.headStart.take(world.options)).toBeUndefined();
  });
});

describe('a head start that is of no use', () => {
  const startLate = async (world: World): Promise<void> => {
    const after = world.headStart.ending;
    const runtime = new SupervisedRuntime(world.supervisor, { ...world.options, after });
    await vi.waitFor(() => {
      if (!world.lines.includes('src/index.handler')) throw new Error('not started');
    }, 5_000);
    await vi.waitFor(async () => {
      if ((await world.countProcesses()) !== 1)
        throw new Error('something is left of the one before');
    }, 5_000);
    await runtime.kill();
  };

  it('makes room for the runtime that is wanted', async ({ expect }) => {
    const world = await useHeadStart(LIVING, { fits: false });
    await world.headStart.settle();
    world.headStart.check(anAssignment());
    expect(world.headStart.take(world.options)).toBeUndefined();
    await startLate(world);
  });

  it('because too much is to be told makes room, too', async ({ expect }) => {
    const world = await useHeadStart(LIVING);
    await world.headStart.settle();
    const variables = { ...world.options.variables, LARGE: 'x'.repeat(64 * 1024) };
    expect(world.headStart.take({ ...world.options, variables })).toBeUndefined();
    await startLate(world);
  });

  it.for([
    ['ends', { command: ['/bin/sh', '-c', 'exit 3'] }],
    ['does not exist', { command: ['/nowhere/entrypoint'] }],
    ['never waits', { variables: {} }],
  ] as const)('because it %s leaves nothing', async ([, plan], { expect }) => {
    const world = await useHeadStart(LIVING, { plan: plan });
    await world.headStart.settle();
    expect(world.headStart.take(world.options)).toBeUndefined();
    expect(world.ends).toEqual([]);
    await startLate(world);
  });

  it('because it was killed while it waited leaves nothing', async ({ expect }) => {
    const world = await useHeadStart(LIVING);
    await world.headStart.settle();
    world.supervisor.tell('term');
    await vi.waitFor(() => {
      expect(world.headStart.take(world.options)).toBeUndefined();
    });
    await startLate(world);
  });
});
