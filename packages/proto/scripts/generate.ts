// Writes src/generated from fleet-link.proto; with --check it writes nothing and fails when a file differs.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { format, resolveConfig } from 'prettier';

const PACKAGE = path.resolve(import.meta.dirname, '..');
const BIN = path.resolve(PACKAGE, '../../node_modules/.bin');
const FILE = 'fleet-link_pb.ts';
const TARGET = path.join(PACKAGE, 'src/generated', FILE);

/** What protoc-gen-es makes, in the format of this repository. */
async function generate(): Promise<string> {
  const out = await mkdtemp(path.join(tmpdir(), 'mayfly-proto-'));
  try {
    const template = JSON.stringify({
      version: 'v2',
      plugins: [{ local: path.join(BIN, 'protoc-gen-es'), out, opt: ['target=ts'] }],
    });
    await promisify(execFile)(path.join(BIN, 'buf'), ['generate', '--template', template], {
      cwd: PACKAGE,
      env: { ...process.env, PATH: `${BIN}:${process.env['PATH'] ?? ''}` },
    });
    const made = (await readFile(path.join(out, FILE), 'utf8')).replace(
      '/* eslint-disable */',
      '/* eslint-disable -- generated */',
    );
    return await format(made, { ...(await resolveConfig(TARGET)), filepath: TARGET });
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

const text = await generate();
const isSame = (await readFile(TARGET, 'utf8').catch(() => undefined)) === text;
if (process.argv.includes('--check')) {
  if (!isSame) console.error('packages/proto/src/generated differs: run make generate');
  process.exitCode = isSame ? 0 : 1;
} else if (!isSame) {
  await mkdir(path.dirname(TARGET), { recursive: true });
  await writeFile(TARGET, text);
  console.log(`wrote ${path.relative(PACKAGE, TARGET)}`);
}
