import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '@mayfly/testkit';

const ROOT = path.resolve(import.meta.dirname, '../..');
const REQUIREMENTS = path.join(ROOT, 'test/conformance/requirements.txt');
const SCRIPTS = path.join(ROOT, 'test/conformance/clients');
// The same folder and mark as `make` uses: whoever comes first makes it.
const VENV = path.join(ROOT, '.cache/aws-clients');
const MARK = path.join(VENV, '.installed');
const LOCK = `${VENV}.lock`;
const INSTALL_TIMEOUT_MS = 110_000;
const RUN_TIMEOUT_MS = 45_000;
/** Of a script: each `aws` in it takes a second or two to start. */
const SCRIPT_TIMEOUT_MS = 240_000;

const run = promisify(execFile);

/** How a program ended. */
export interface ProgramResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script of `test/conformance/clients` against a gateway and reads the JSON that it prints. */
export async function runPython(
  script: string,
  args: {
    readonly gatewayUrl: string;
    readonly arguments: readonly string[];
    readonly env?: NodeJS.ProcessEnv;
  },
): Promise<unknown> {
  await ensurePythonClients();
  const { exitCode, stdout, stderr } = await runProgram(
    path.join(VENV, 'bin/python'),
    [path.join(SCRIPTS, script), '--endpoint', args.gatewayUrl, ...args.arguments],
    { env: args.env },
  );
  if (exitCode !== 0) throw new Error(`${script} ended with ${exitCode.toString()}: ${stderr}`);
  return JSON.parse(stdout) as unknown;
}

/** Runs `aws` with the gateway as its endpoint, in `directory`. */
export async function runAws(
  args: readonly string[],
  options: {
    readonly gatewayUrl: string;
    readonly directory: string;
    readonly env?: NodeJS.ProcessEnv;
  },
): Promise<ProgramResult> {
  await ensurePythonClients();
  return runProgram(
    path.join(VENV, 'bin/python'),
    [path.join(VENV, 'bin/aws'), '--endpoint-url', options.gatewayUrl, ...args],
    { cwd: options.directory, env: options.env },
  );
}

/** Runs a script of a shell in `directory`, with `aws` on its path. */
export async function runAwsScript(
  script: string,
  { directory, env }: { readonly directory: string; readonly env?: NodeJS.ProcessEnv },
): Promise<ProgramResult> {
  await ensurePythonClients();
  const variables = { PATH: `${path.join(VENV, 'bin')}:${process.env['PATH'] ?? ''}`, ...env };
  return runProgram('bash', ['--norc', '-euo', 'pipefail', '-c', script], {
    cwd: directory,
    env: variables,
    timeout: SCRIPT_TIMEOUT_MS,
  });
}

/** Makes the private venv with boto3 and awscli once, also when two test runs want it at the same time. */
export async function ensurePythonClients(): Promise<void> {
  if (await isInstalled()) return;
  await mkdir(path.dirname(LOCK), { recursive: true });
  await eventually(takeLock, { timeoutMs: INSTALL_TIMEOUT_MS, intervalMs: 200 });
  try {
    if (!(await isInstalled())) await install();
  } finally {
    await rm(LOCK, { recursive: true, force: true });
  }
}

/** As new as the requirements, which is also when `make` leaves it alone. */
async function isInstalled(): Promise<boolean> {
  const [mark, requirements] = await Promise.all([modifiedMs(MARK), modifiedMs(REQUIREMENTS)]);
  return mark !== undefined && requirements !== undefined && mark >= requirements;
}

async function modifiedMs(file: string): Promise<number | undefined> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
}

async function takeLock(): Promise<void> {
  try {
    await mkdir(LOCK);
  } catch (cause) {
    const owner = Number(await readFile(path.join(LOCK, 'pid'), 'utf8').catch(() => ''));
    if (owner > 0 && !isAlive(owner)) await rm(LOCK, { recursive: true, force: true });
    throw new Error(`${LOCK} is held by process ${owner.toString()}`, { cause });
  }
  await writeFile(path.join(LOCK, 'pid'), process.pid.toString());
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function install(): Promise<void> {
  try {
    await rm(VENV, { recursive: true, force: true });
    await run('python3', ['-m', 'venv', VENV], { timeout: INSTALL_TIMEOUT_MS });
    const pip = ['install', '--quiet', '--disable-pip-version-check', '--no-input'];
    const program = path.join(VENV, 'bin/pip');
    await run(program, [...pip, '-r', REQUIREMENTS], { timeout: INSTALL_TIMEOUT_MS });
    await writeFile(MARK, '');
  } catch (cause) {
    throw new Error('installing boto3 and awscli (needs Python 3.11 or newer)', { cause });
  }
}

/** Nothing of the user's own AWS settings reaches the clients. */
function isolatedVariables(): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: VENV,
    AWS_ACCESS_KEY_ID: 'any',
    AWS_SECRET_ACCESS_KEY: 'any',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: path.join(VENV, 'no-config'),
    AWS_SHARED_CREDENTIALS_FILE: path.join(VENV, 'no-credentials'),
    AWS_PAGER: '',
    NO_PROXY: '*',
  };
}

async function runProgram(
  program: string,
  args: readonly string[],
  {
    cwd = ROOT,
    env = {},
    timeout = RUN_TIMEOUT_MS,
  }: {
    readonly cwd?: string;
    readonly env?: NodeJS.ProcessEnv | undefined;
    readonly timeout?: number;
  },
): Promise<ProgramResult> {
  const { promise, resolve } = Promise.withResolvers<ProgramResult>();
  const options = { cwd, env: { ...isolatedVariables(), ...env }, timeout };
  const child = execFile(program, args, options, (_error, stdout, stderr) => {
    resolve({ exitCode: child.exitCode ?? -1, stdout, stderr });
  });
  return promise;
}
