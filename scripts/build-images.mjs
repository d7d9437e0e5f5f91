// Builds the images that are not built yet: `node scripts/build-images.mjs [name…]`. An image is tagged with a hash
// of what goes into it; the names of all are written to .cache/images.json.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '..');
const STAGING = path.join(ROOT, '.cache/images');
const NODE = 'node_modules/node/bin/node';
const RUNTIMES = 'runtime-images';
/** What every runtime image begins with. It is no image of its own outside of this build. */
const RUNTIME_BASE = 'lambda-base';

/** Name → Dockerfile, and the files beside it. */
const IMAGES = {
  agent: [`${RUNTIMES}/agent/Dockerfile`, NODE, 'dist/agent.cjs'],
  platform: ['Dockerfile', NODE, 'dist/operator.mjs', 'dist/gateway.mjs'],
  ...findRuntimeImages(),
};

const builder = findBuilder();
const wanted = process.argv.slice(2);
const names = wanted.length > 0 ? wanted : Object.keys(IMAGES);
const unknown = names.filter((name) => !(name in IMAGES));
if (unknown.length > 0) throw new Error(`no such image: ${unknown.join(', ')}`);

const listFile = path.join(ROOT, '.cache/images.json');
const references = existsSync(listFile) ? JSON.parse(readFileSync(listFile, 'utf8')) : {};
for (const name of names) references[name] = buildImage(name);
mkdirSync(path.dirname(listFile), { recursive: true });
writeFileSync(listFile, `${JSON.stringify(references, null, 2)}\n`);

/** A folder with a Dockerfile is a runtime: `nodejs24.x` makes the image `lambda-nodejs24`. */
function findRuntimeImages() {
  const folders = readdirSync(path.join(ROOT, RUNTIMES)).filter(
    (folder) =>
      !['agent', 'base'].includes(folder) &&
      existsSync(path.join(ROOT, RUNTIMES, folder, 'Dockerfile')),
  );
  return Object.fromEntries(
    folders.map((folder) => [`lambda-${folder.replace(/\.x$/, '')}`, filesOf(folder)]),
  );
}

function filesOf(folder) {
  return readdirSync(path.join(ROOT, RUNTIMES, folder))
    .filter((file) => !file.endsWith('.md'))
    .map((file) => path.join(RUNTIMES, folder, file));
}

function buildImage(name) {
  const isRuntime = name.startsWith('lambda-');
  if (!isRuntime) return buildFrom({ name, files: IMAGES[name], base: builder.base });
  const base = buildFrom({ name: RUNTIME_BASE, files: filesOf('base'), base: builder.base });
  return buildFrom({ name, files: IMAGES[name], base });
}

function buildFrom({ name, files, base }) {
  const sources = files.map((file) => path.join(ROOT, file));
  const hash = createHash('sha256').update(base);
  for (const file of sources) hash.update(path.basename(file)).update(readFileSync(file));
  const reference = `${builder.prefix}mayfly/${name}:${hash.digest('hex').slice(0, 12)}`;
  if (builder.has(reference)) return reference;
  const startedMs = performance.now();
  const context = path.join(STAGING, name);
  rmSync(context, { recursive: true, force: true });
  mkdirSync(context, { recursive: true });
  for (const file of sources) {
    const staged = path.join(context, path.basename(file));
    copyFileSync(file, staged);
    chmodSync(staged, /\.mjs$|Dockerfile$/.test(staged) ? 0o644 : 0o755);
  }
  builder.build({ reference, context, base });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
  console.error(`${reference} ${seconds} s`);
  return reference;
}

function findBuilder() {
  if (spawnSync('docker', ['info'], { stdio: 'ignore' }).status === 0) return makeDocker();
  if (spawnSync('buildah', ['--version'], { stdio: 'ignore' }).status === 0) return makeBuildah();
  throw new Error(
    'building images needs a Docker engine, or buildah (apt-get install buildah) as root',
  );
}

function makeDocker() {
  return {
    base: process.env.MAYFLY_BASE_IMAGE ?? 'debian:trixie-slim',
    prefix: '',
    has: (reference) =>
      spawnSync('docker', ['image', 'inspect', reference], { stdio: 'ignore' }).status === 0,
    build({ reference, context, base }) {
      const options = ['--quiet', '--tag', reference, '--build-arg', `BASE=${base}`];
      execFileSync('docker', ['build', ...options, context], { stdio: 'inherit' });
    },
  };
}

/** Without an engine: as root, in a chroot, with what the machine knows of its package registries. */
function makeBuildah() {
  const env = { ...process.env, BUILDAH_ISOLATION: 'chroot', STORAGE_DRIVER: 'overlay' };
  const home = process.env.HOME ?? '/root';
  const mounts = [
    ['/etc/ssl/certs/ca-certificates.crt', '/etc/ssl/certs/ca-certificates.crt'],
    ['/etc/pip.conf', '/etc/pip.conf'],
    [path.join(home, '.npmrc'), '/root/.npmrc'],
  ].filter(([from]) => existsSync(from));
  return {
    base: process.env.MAYFLY_BASE_IMAGE ?? 'localhost/debian:trixie-slim',
    prefix: 'localhost/',
    has: (reference) =>
      spawnSync('buildah', ['inspect', '--type', 'image', reference], { stdio: 'ignore', env })
        .status === 0,
    build({ reference, context, base }) {
      const volumes = mounts.flatMap(([from, to]) => ['--volume', `${from}:${to}:ro`]);
      const options = ['--quiet', '--layers', '--tag', reference, '--build-arg', `BASE=${base}`];
      execFileSync('buildah', ['build', ...options, ...volumes, context], {
        stdio: ['ignore', 'inherit', 'inherit'],
        env,
      });
    },
  };
}
