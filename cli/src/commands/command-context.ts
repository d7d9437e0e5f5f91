import type { ProgramIo } from '../program-io.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { StartEmbedded } from '../start/options.ts';

/** What every command is given. */
export interface CommandContext {
  readonly io: ProgramIo;
  /** Loads the platform itself, which only `start` needs. */
  readonly loadStartEmbedded: () => Promise<StartEmbedded>;
  /** Says what the program will end with. */
  finish(exitCode: ExitCode): void;
}
