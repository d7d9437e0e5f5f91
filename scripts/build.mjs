// Bundles the programs into dist/. `node scripts/build.mjs [file…]` builds only the named ones.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

const ROOT = path.resolve(import.meta.dirname, '..');
const DIST = path.join(ROOT, 'dist');

// Libraries that are CommonJS call `require` for Node's own modules; an ES module has none.
const REQUIRE = `import { createRequire as __createRequire } from 'node:module';
const require = __createRequire(import.meta.url);`;

/** @type {Record<string, import('esbuild').BuildOptions & { isProgram?: boolean }>} */
const BUNDLES = {
  'mayfly.mjs': {
    entryPoints: ['cli/src/launch.ts'],
    target: 'node16',
    isProgram: true,
  },
  'program.mjs': {
    entryPoints: ['cli/src/main.ts'],
    target: 'node24',
    banner: { js: REQUIRE },
    isProgram: true,
  },
  // CommonJS: to import node:http into an ES module reads all that it exports, and with that loads the
  // WebSocket client, which is 40 ms and 4 MB in every execution environment.
  'agent.cjs': {
    entryPoints: ['runtime-images/agent/src/main.ts'],
    format: 'cjs',
    target: 'node24',
    minify: true,
    keepNames: true,
  },
  'operator.mjs': {
    entryPoints: ['operator/src/main.ts'],
    target: 'node24',
    keepNames: true,
    banner: { js: REQUIRE },
  },
  'gateway.mjs': {
    entryPoints: ['gateway/src/main.ts'],
    target: 'node24',
    keepNames: true,
    banner: { js: REQUIRE },
  },
  // Runs on the function's own Node, which may be older than the platform's.
  'nodejs-bootstrap.mjs': {
    entryPoints: ['packages/local/src/runtimes/nodejs/bootstrap.ts'],
    target: 'node20',
  },
};

async function bundle(name) {
  const { isProgram = false, ...options } = BUNDLES[name];
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    bundle: true,
    platform: 'node',
    format: 'esm',
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'warning',
    outfile: path.join(DIST, name),
    write: false,
    ...options,
  });
  write(name, outputFiles[0].text, isProgram);
  return `${name} ${String(Math.round(outputFiles[0].contents.length / 1024))} KiB`;
}

// Renamed into place: a program that starts during a build sees the old file or the new one, never half.
function write(name, text, isProgram) {
  const file = path.join(DIST, name);
  const source = isProgram && !text.startsWith('#!') ? `#!/usr/bin/env node\n${text}` : text;
  if (source === readIfThere(file)) return;
  const temporary = `${file}.${String(process.pid)}.tmp`;
  writeFileSync(temporary, source, { mode: isProgram ? 0o755 : 0o644 });
  renameSync(temporary, file);
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

const wanted = process.argv.slice(2).map((name) => path.basename(name));
const unknown = wanted.filter((name) => !(name in BUNDLES));
if (unknown.length > 0) throw new Error(`no such bundle: ${unknown.join(', ')}`);
mkdirSync(DIST, { recursive: true });
const names = wanted.length > 0 ? wanted : Object.keys(BUNDLES);
const results = await Promise.allSettled(names.map(bundle));
for (const [index, result] of results.entries()) {
  // esbuild has already printed what is wrong and where.
  if (result.status === 'rejected') console.error(`${names[index]} failed`);
  else console.error(result.value);
  if (result.status === 'rejected') process.exitCode = 1;
}
