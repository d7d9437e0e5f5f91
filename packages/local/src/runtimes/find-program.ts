import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { runProgram } from './run-program.ts';

/** What to look for. */
export interface ProgramSearch {
  /** Names in order of preference. */
  readonly names: readonly string[];
  /** Value of PATH. */
  readonly searchPath: string;
  /** What `--version` must print. */
  readonly version: RegExp;
}

const VERSION_TIMEOUT_MS = 10_000;

/** First program of that name on the path that runs and prints the version; version managers' stand-ins may not. */
export async function findProgram(search: ProgramSearch): Promise<string | undefined> {
  const folders = search.searchPath.split(path.delimiter).filter((folder) => folder !== '');
  for (const name of search.names) {
    for (const folder of folders) {
      const program = path.join(folder, name);
      if (!(await isExecutable(program))) continue;
      const result = await runProgram(program, ['--version'], {
        timeoutMs: VERSION_TIMEOUT_MS,
        environmentVariables: { PATH: search.searchPath },
      });
      if (result.kind === 'succeeded' && search.version.test(result.output)) return program;
    }
  }
  return undefined;
}

async function isExecutable(program: string): Promise<boolean> {
  try {
    await access(program, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
