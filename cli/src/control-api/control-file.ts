import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';

/** Directory of the state when `--state` is not given. */
export const DEFAULT_STATE_DIRECTORY = '.mayfly';

const CONTROL_FILE_NAME = 'control.json';
// Only the user who runs the platform may read the token.
const OWNER_ONLY = 0o600;

const Signing = z.object({
  accessKeyId: z.string().min(1),
  secretAccessKey: z.string().min(1),
  region: z.string().min(1),
});
/** What requests of the Lambda API are signed with. */
export type Signing = z.infer<typeof Signing>;

/** How a command reaches the running platform. */
export const ControlFile = z.object({
  /** Base URL of the control API. */
  url: z.url(),
  /** Bearer token of the control API. */
  token: z.string().min(1),
  /** Base URL of the Lambda API. */
  gatewayUrl: z.url(),
  /** An access key of the platform; absent when it takes requests without a signature. */
  signing: Signing.optional(),
  /** Process of the platform. */
  pid: z.int(),
});
/** How a command reaches the running platform. */
export type ControlFile = z.infer<typeof ControlFile>;

/** A control file that was looked for. */
export type ControlFileLookup =
  | { readonly kind: 'found'; readonly path: string; readonly control: ControlFile }
  | { readonly kind: 'absent'; readonly path: string }
  | { readonly kind: 'unreadable'; readonly path: string; readonly message: string };

/** Where the control file of a state directory is. */
export function controlFilePath(stateDirectory: string): string {
  return join(stateDirectory, CONTROL_FILE_NAME);
}

/** Writes the control file in one step, readable by its owner alone. */
export async function writeControlFile(
  stateDirectory: string,
  control: ControlFile,
): Promise<string> {
  await mkdir(stateDirectory, { recursive: true });
  const path = controlFilePath(stateDirectory);
  const temporary = `${path}.${control.pid.toString()}`;
  // A left-over would keep its own mode: writeFile sets the mode of files it makes only.
  await rm(temporary, { force: true });
  await writeFile(temporary, `${JSON.stringify(control, undefined, 2)}\n`, { mode: OWNER_ONLY });
  await rename(temporary, path);
  return path;
}

/** Removes the control file, unless another process has written it since. */
export async function removeControlFile(stateDirectory: string, pid: number): Promise<void> {
  const path = controlFilePath(stateDirectory);
  const lookup = await readControlFile(path);
  if (lookup.kind === 'found' && lookup.control.pid === pid) await rm(path, { force: true });
}

/**
 * Finds the control file: in the given state directory, or else in `.mayfly` of the working directory and
 * of its parents, as git looks for its repository.
 */
export async function findControlFile(
  cwd: string,
  stateDirectory: string | undefined,
): Promise<ControlFileLookup> {
  if (stateDirectory !== undefined) {
    return await readControlFile(controlFilePath(resolve(cwd, stateDirectory)));
  }
  for (let directory = resolve(cwd); ; directory = dirname(directory)) {
    const lookup = await readControlFile(controlFilePath(join(directory, DEFAULT_STATE_DIRECTORY)));
    if (lookup.kind !== 'absent') return lookup;
    if (dirname(directory) === directory) break;
  }
  return { kind: 'absent', path: controlFilePath(DEFAULT_STATE_DIRECTORY) };
}

async function readControlFile(path: string): Promise<ControlFileLookup> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'absent', path };
    return { kind: 'unreadable', path, message: (error as Error).message };
  }
  const parsed = ControlFile.safeParse(parseJson(text));
  if (parsed.success) return { kind: 'found', path, control: parsed.data };
  return { kind: 'unreadable', path, message: 'it is not a control file of mayfly' };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
