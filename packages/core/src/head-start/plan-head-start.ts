import type { Assignment } from '../agent-protocol/messages.ts';
import { computeSpareVariables } from '../environment-variables/compute-environment-variables.ts';
import type { RuntimeLocation } from '../environment-variables/compute-environment-variables.ts';
import { LAMBDA_IMAGE } from '../runtimes/lambda-image.ts';

/** What a spare execution environment knows of the functions that may come. */
export interface SpareFacts {
  readonly runtime: string;
  readonly memorySizeMb: number;
}

/** How a runtime is started before its function is known. */
export interface HeadStartPlan {
  readonly command: readonly [string, ...string[]];
  readonly workingDirectory: string;
  readonly variables: Readonly<Record<string, string>>;
  /**
   * Where code and layers may bring libraries: has to exist, empty, when the process starts. A folder of LD_LIBRARY_PATH that
   * the C library does not find then, it never looks for again.
   */
  readonly libraryFolders: readonly string[];
}

/** Stands for the handler until it is known. */
export const HANDLER_TO_COME = 'mayfly.handler-to-come';

/**
 * Variables that a process, its C library, or the shell scripts before it read once, when they start: it is too late to
 * set them in one that runs. NODE_ENV means nothing to Node.js itself.
 */
const READ_AT_START =
  /^(?:NODE_(?!ENV$)|(?:LD|LC|UV|V8|SSL|OPENSSL|MALLOC|GLIBC|ICU|GCONV|AWS_LAMBDA_NODEJS)_)|^(?:PATH|HOME|IFS|ENV|TZ|TZDIR|LANG|LANGUAGE|LOCPATH|AWS_LAMBDA_EXEC_WRAPPER)$/;

/** Undefined where there is no way to let a runtime of this kind wait: only Node.js runs a program of ours before the image's. */
export function planHeadStart(
  { runtime, memorySizeMb }: SpareFacts,
  {
    location,
    program,
  }: {
    readonly location: RuntimeLocation;
    /** Path of what is run first: it waits for the function. */
    readonly program: string;
  },
): HeadStartPlan | undefined {
  if (!runtime.startsWith('nodejs')) return undefined;
  return {
    command: [LAMBDA_IMAGE.entryPoint, HANDLER_TO_COME],
    workingDirectory: LAMBDA_IMAGE.taskRoot,
    variables: {
      ...computeSpareVariables(memorySizeMb, location),
      NODE_OPTIONS: `--require=${program}`,
    },
    libraryFolders: [`${LAMBDA_IMAGE.taskRoot}/lib`, `${LAMBDA_IMAGE.layersRoot}/lib`],
  };
}

/** Whether a runtime that waits is what this assignment would start: all that differs can still be told to it. */
export function fitsHeadStart(spare: SpareFacts, assignment: Assignment): boolean {
  const { command, commandCandidates = [], taskRoot, runtimeDir, handler } = assignment;
  const { environmentVariables, presetVariables } = assignment;
  return (
    assignment.runtime === spare.runtime &&
    // The heap's limit is made of it.
    assignment.memorySizeMb === spare.memorySizeMb &&
    command.join('\n') === [LAMBDA_IMAGE.entryPoint, handler].join('\n') &&
    commandCandidates.length === 0 &&
    taskRoot === LAMBDA_IMAGE.taskRoot &&
    (assignment.workingDirectory ?? taskRoot) === taskRoot &&
    runtimeDir === LAMBDA_IMAGE.runtimeDir &&
    ![environmentVariables, presetVariables].some((variables) =>
      Object.keys(variables).some((name) => READ_AT_START.test(name)),
    )
  );
}
