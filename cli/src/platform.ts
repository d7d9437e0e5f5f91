import { findControlFile, type ControlFile } from './control-api/control-file.ts';
import { makeControlClient, type ControlClient } from './control-api/client.ts';
import { CliError, EXIT_CODES } from './exit-codes.ts';
import type { ProgramIo } from './program-io.ts';

/** The running platform, as a command finds it. */
export interface Platform {
  readonly control: ControlFile;
  readonly client: ControlClient;
}

/**
 * Finds the platform of the given state directory, or of `.mayfly` here or above.
 * @throws CliError `notRunning` when there is none
 */
export async function findPlatform(
  io: ProgramIo,
  options: { readonly state?: string | undefined },
): Promise<Platform> {
  const lookup = await findControlFile(io.cwd, options.state);
  switch (lookup.kind) {
    case 'found':
      return { control: lookup.control, client: makeControlClient(lookup.control) };
    case 'absent': {
      const where = options.state === undefined ? ' here or in a parent directory' : '';
      throw new CliError(
        EXIT_CODES.notRunning,
        `mayfly is not running (no ${lookup.path}${where}); start it with \`mayfly start\``,
      );
    }
    case 'unreadable':
      throw new CliError(
        EXIT_CODES.notRunning,
        `reading ${lookup.path}: ${lookup.message}; start the platform again with \`mayfly start\``,
      );
  }
}
