import { Readable, Writable } from 'node:stream';
import type { CommandContext } from '../commands/command-context.ts';
import type { ProgramIo } from '../program-io.ts';
import { runProgram } from '../program.ts';

/** What a run of the program is given; by default nothing is a terminal and nothing is piped in. */
export interface CliWorld {
  readonly cwd: string;
  readonly stdin?: string;
  readonly isTty?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly loadStartEmbedded?: CommandContext['loadStartEmbedded'];
}

/** A run of the program in this process. */
export interface CliRun {
  /** What was written so far. */
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: Promise<number>;
  /** As if Ctrl-C had been pressed. */
  interrupt(): void;
}

/** Starts the program in this process. */
export function startCli(args: readonly string[], world: CliWorld): CliRun {
  const out = new TextSink();
  const err = new TextSink();
  const listeners = new Set<() => void>();
  const isTty = world.isTty === true;
  const io: ProgramIo = {
    stdout: out,
    stderr: err,
    stdin: Readable.from(world.stdin === undefined ? [] : [world.stdin]),
    isTty: { stdin: isTty, stdout: isTty, stderr: isTty },
    env: world.env ?? {},
    cwd: world.cwd,
    onStopSignal(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const exitCode = runProgram(args, io, world.loadStartEmbedded);
  return {
    get stdout() {
      return out.text;
    },
    get stderr() {
      return err.text;
    },
    exitCode,
    interrupt: () => {
      for (const listener of listeners) listener();
    },
  };
}

/** Runs the program in this process to its end. */
export async function runCli(
  args: readonly string[],
  world: CliWorld,
): Promise<{ readonly stdout: string; readonly stderr: string; readonly exitCode: number }> {
  const run = startCli(args, world);
  const exitCode = await run.exitCode;
  return { stdout: run.stdout, stderr: run.stderr, exitCode };
}

class TextSink extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
