import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { LocalLogger } from '../local-logger.ts';
import { runProgram } from './run-program.ts';
import { RuntimeUnavailableError } from './runtime-launch.ts';

/** The runtime client that every Python environment gets. */
export const PYTHON_RUNTIME_CLIENT = 'awslambdaric==4.2.2';

const COMPLETE_MARK = 'mayfly-complete';
const MAKING_MARK = '.making-';
const PIP_INSTALL = [
  '-m',
  'pip',
  'install',
  '--disable-pip-version-check',
  '--no-input',
  '--prefer-binary',
];
const VENV_TIMEOUT_MS = 120_000;
const INSTALL_TIMEOUT_MS = 300_000;

/** What a private environment is made of. */
export interface PythonEnvironmentOptions {
  /** `python3.NN` of the machine. */
  readonly python: string;
  /** `3.NN`. */
  readonly version: string;
  /** Folder that becomes the environment. */
  readonly folder: string;
  readonly searchPath: string;
  /** Variables for pip: where it finds packages, proxies. */
  readonly installVariables: Readonly<Record<string, string>>;
  readonly logger: LocalLogger;
}

/**
 * Makes the private environment with the runtime client, once; returns its Python.
 * It is made beside its place and moved there complete, so that a start that was interrupted, or another
 * one at the same time, does no harm.
 * @throws RuntimeUnavailableError `RuntimePreparationFailed` with the last line of what failed
 */
export async function ensurePythonEnvironment(options: PythonEnvironmentOptions): Promise<string> {
  const { folder, version, logger } = options;
  const venvPython = path.join(folder, 'bin', 'python');
  if (await isComplete(options)) return venvPython;

  const runtime = `python${version}`;
  const making = `${folder}${MAKING_MARK}${process.pid.toString()}`;
  logger.info({ runtime, folder }, `preparing ${runtime}: installing ${PYTHON_RUNTIME_CLIENT}`);
  await removeAbandoned(folder);
  try {
    await make(options, making);
    if (!(await isComplete(options))) {
      await rm(folder, { recursive: true, force: true });
      await rename(making, folder);
    }
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  logger.info({ runtime }, `${runtime} is ready`);
  return venvPython;
}

async function make(options: PythonEnvironmentOptions, folder: string): Promise<void> {
  await mkdir(path.dirname(folder), { recursive: true });
  await rm(folder, { recursive: true, force: true });
  await runStep(options, {
    program: options.python,
    args: ['-m', 'venv', folder],
    timeoutMs: VENV_TIMEOUT_MS,
  });
  await runStep(options, {
    program: path.join(folder, 'bin', 'python'),
    args: [...PIP_INSTALL, PYTHON_RUNTIME_CLIENT],
    timeoutMs: INSTALL_TIMEOUT_MS,
  });
  await writeFile(path.join(folder, COMPLETE_MARK), describe(options));
}

async function runStep(
  options: PythonEnvironmentOptions,
  step: { readonly program: string; readonly args: readonly string[]; readonly timeoutMs: number },
): Promise<void> {
  const result = await runProgram(step.program, step.args, {
    timeoutMs: step.timeoutMs,
    environmentVariables: { ...options.installVariables, PATH: options.searchPath },
  });
  if (result.kind === 'succeeded') return;
  throw new RuntimeUnavailableError(
    'RuntimePreparationFailed',
    `Runtime python${options.version} could not be prepared: ${result.lastLine} (${path.basename(step.program)} ${step.args.join(' ')})`,
  );
}

/** Finished, with the client of this release, and its Python still there. */
async function isComplete(options: PythonEnvironmentOptions): Promise<boolean> {
  const mark = path.join(options.folder, COMPLETE_MARK);
  if ((await readFile(mark, 'utf8').catch(() => undefined)) !== describe(options)) return false;
  const venvPython = path.join(options.folder, 'bin', 'python');
  const result = await runProgram(venvPython, ['-c', 'import awslambdaric'], {
    timeoutMs: VENV_TIMEOUT_MS,
    environmentVariables: { PATH: options.searchPath },
  });
  return result.kind === 'succeeded';
}

function describe(options: PythonEnvironmentOptions): string {
  return `${options.python} ${PYTHON_RUNTIME_CLIENT}\n`;
}

/** Half-made environments of processes that are no more. */
async function removeAbandoned(folder: string): Promise<void> {
  const prefix = `${path.basename(folder)}${MAKING_MARK}`;
  for (const name of await readdir(path.dirname(folder)).catch(() => [])) {
    if (!name.startsWith(prefix) || isAlive(Number(name.slice(prefix.length)))) continue;
    await rm(path.join(path.dirname(folder), name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
