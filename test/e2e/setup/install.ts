import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { LAMBDA_RUNTIMES } from '@mayfly/core';
import { TEST_REGISTRIES } from '../helpers/registry.ts';
import { pickCluster } from './pick-cluster.ts';
import { ROOT, runCommand } from './run-command.ts';

const VALUES = path.join(ROOT, '.cache/e2e-values.json');
const SYSTEM_NAMESPACE = 'mayfly-system';

type References = Readonly<Record<string, string>>;

/** Before all tests: a cluster, images, and the chart installed in it as a user would. */
export function setup(): void {
  process.stderr.write('e2e: cluster\n');
  const cluster = pickCluster();
  Object.assign(process.env, cluster.env);
  // Where rustup puts what examples in Rust are built with.
  process.env['PATH'] = `${process.env['PATH'] ?? ''}:${path.join(homedir(), '.cargo/bin')}`;
  process.stderr.write('e2e: images\n');
  runCommand(process.execPath, ['scripts/build.mjs']);
  runCommand(process.execPath, ['scripts/build-images.mjs']);
  const references = JSON.parse(
    readFileSync(path.join(ROOT, '.cache/images.json'), 'utf8'),
  ) as References;
  cluster.loadImages(Object.values(references));
  process.stderr.write('e2e: chart\n');
  mkdirSync(path.dirname(VALUES), { recursive: true });
  writeFileSync(VALUES, JSON.stringify(makeValues(references), null, 2));
  runCommand('helm', [
    'upgrade',
    '--install',
    'mayfly',
    'charts/mayfly',
    ...['--namespace', SYSTEM_NAMESPACE, '--create-namespace'],
    ...['--values', VALUES, '--wait', '--timeout', '180s'],
  ]);
}

/** Our own images instead of AWS's; times that fit a test. */
function makeValues(references: References): object {
  const image = (name: string): { repository: string; tag: string } => {
    const [, repository = '', tag = ''] = /^(.*):([^:]*)$/.exec(references[name] ?? '') ?? [];
    return { repository, tag };
  };
  const own = {
    'nodejs24.x': references['lambda-nodejs24'],
    'nodejs22.x': references['lambda-nodejs22'],
    'python3.13': references['lambda-python3.13'],
    java21: references['lambda-java21'],
    'provided.al2023': references['lambda-provided.al2023'],
  };
  // Those that only AWS has an image of could not be pulled.
  const others = LAMBDA_RUNTIMES.filter((runtime) => !(runtime in own));
  return {
    image: image('platform'),
    // Most tests are about what comes after; identity.e2e.test.ts has it on.
    identity: { enabled: false },
    functions: {
      agent: image('agent'),
      insecureRegistries: TEST_REGISTRIES,
      idleSeconds: 60,
      // A hundred pods on two cores: they must fit, and not starve each other while they start.
      cpuRequestRatio: 0.05,
      maxStarting: 16,
      runtimeImages: { ...Object.fromEntries(others.map((name) => [name, null])), ...own },
    },
    gateway: {
      replicas: 3,
      drain: { delaySeconds: 5, timeoutSeconds: 60 },
      // A hundred cold starts at once take their time on a small machine.
      queue: { timeoutSeconds: 150 },
    },
  };
}
