// Writes the contract in src/contract/generated out of botocore's service model of Lambda: `generate.ts [file or folder]`, else the
// variable LAMBDA_MODEL, else the botocore that python3 has, if it is not older than the one in the lock. A file is
// service-2.json, plain or gzipped; a folder is an unpacked botocore. Without any of them the contract stays as it is.
// With --check it writes nothing, needs no model, and fails when a file is not what the lock says or the types differ.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { format, resolveConfig } from 'prettier';
import type { Contract } from '@mayfly/lambda-api/contract';
import { parseModel } from './botocore-model.ts';
import { compactModel } from './compact-model.ts';

const FOLDER = path.resolve(import.meta.dirname, '../src/contract/generated');
const CONTRACT_FILE = path.join(FOLDER, 'lambda-2015-03-31.json');
const LOCK_FILE = path.join(FOLDER, 'lambda-2015-03-31.lock.json');
const TYPES_FILE = path.join(FOLDER, 'lambda-2015-03-31.ts');
const ERRORS_FILE = path.join(FOLDER, 'modelled-errors.ts');
const MODEL_PATH = 'data/lambda/2015-03-31';
const HOW = `to make it again: pip download --no-deps botocore, unpack it, and
  make generate LAMBDA_MODEL=<folder>/botocore`;

interface Source {
  readonly text: string;
  readonly version: string;
}

interface Lock {
  readonly source: string;
  readonly version: string;
  readonly modelSha256: string;
  readonly contractSha256: string;
}

async function loadSource(): Promise<Source | undefined> {
  const named = process.argv.slice(2).find((word) => !word.startsWith('--'));
  const given = named ?? process.env['LAMBDA_MODEL'] ?? '';
  if (given !== '') return await loadFrom(given);
  const installed = await findInstalled();
  if (installed === undefined) return undefined;
  const source = await loadFrom(installed);
  return isOlder(source.version, (await readLock()).version) ? undefined : source;
}

async function loadFrom(place: string): Promise<Source> {
  if (!statSync(place).isDirectory()) {
    return { text: await readModel(place), version: process.env['LAMBDA_MODEL_VERSION'] ?? '?' };
  }
  const plain = path.join(place, MODEL_PATH, 'service-2.json');
  const file = existsSync(plain) ? plain : `${plain}.gz`;
  return { text: await readModel(file), version: await readVersion(place) };
}

async function readLock(): Promise<Lock> {
  return JSON.parse(await readFile(LOCK_FILE, 'utf8')) as Lock;
}

/** `1.9.12` is older than `1.10.0`. */
function isOlder(version: string, other: string): boolean {
  return version.localeCompare(other, 'en', { numeric: true }) < 0;
}

/** Folder of the botocore that this machine has. */
async function findInstalled(): Promise<string | undefined> {
  try {
    const script = 'import botocore; print(botocore.__path__[0])';
    return (await promisify(execFile)('python3', ['-c', script])).stdout.trim();
  } catch {
    return undefined;
  }
}

async function readVersion(folder: string): Promise<string> {
  const text = await readFile(path.join(folder, '__init__.py'), 'utf8');
  return /^__version__ = '(?<version>[^']+)'/m.exec(text)?.groups?.['version'] ?? '?';
}

async function readModel(file: string): Promise<string> {
  const bytes = await readFile(file);
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The files that are made of the contract: path → text. */
async function makeCode(): Promise<ReadonlyMap<string, string>> {
  // Loaded late: it reads the contract, which may have been written a moment ago.
  const { generateErrors, generateTypes } = await import('./generate-types.ts');
  const contract = JSON.parse(await readFile(CONTRACT_FILE, 'utf8')) as Contract;
  const options = { ...(await resolveConfig(TYPES_FILE)), filepath: TYPES_FILE };
  return new Map([
    [TYPES_FILE, await format(generateTypes(contract), options)],
    [ERRORS_FILE, await format(generateErrors(contract), options)],
  ]);
}

async function writeIfOther(file: string, text: string): Promise<void> {
  if ((await readFile(file, 'utf8').catch(() => undefined)) === text) return;
  await writeFile(file, text);
  console.log(`wrote ${path.relative(process.cwd(), file)}`);
}

async function generate(): Promise<void> {
  const source = await loadSource();
  if (source === undefined) {
    console.log(
      `the contract of the Lambda API stays as it is: there is no newer botocore here\n  ${HOW}`,
    );
  } else {
    const contract = compactModel(parseModel(source.text));
    const lock: Lock = {
      source: `botocore/${MODEL_PATH}/service-2.json`,
      version: source.version,
      modelSha256: sha256(source.text),
      contractSha256: sha256(contract),
    };
    await writeIfOther(CONTRACT_FILE, contract);
    await writeIfOther(LOCK_FILE, `${JSON.stringify(lock, undefined, 2)}\n`);
  }
  for (const [file, text] of await makeCode()) await writeIfOther(file, text);
}

async function findProblem(): Promise<string | undefined> {
  const lock = await readLock();
  if (sha256(await readFile(CONTRACT_FILE, 'utf8')) !== lock.contractSha256) {
    return `src/contract/generated/lambda-2015-03-31.json is not what was made of botocore ${lock.version}\n  ${HOW}`;
  }
  for (const [file, text] of await makeCode()) {
    if ((await readFile(file, 'utf8')) === text) continue;
    return `src/contract/generated/${path.basename(file)} differs: run make generate`;
  }
  return undefined;
}

if (process.argv.includes('--check')) {
  const problem = await findProblem();
  if (problem !== undefined) console.error(`packages/lambda-api: ${problem}`);
  process.exitCode = problem === undefined ? 0 : 1;
} else {
  await generate();
}
