/** The world as a command sees it, so that tests run the whole program in their own process. */
export interface ProgramIo {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly stdin: AsyncIterable<Buffer | string>;
  /** Which of the three is a terminal. */
  readonly isTty: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Calls back for SIGINT and SIGTERM instead of ending the process. Returns the way to stop. */
  onStopSignal(listener: () => void): () => void;
}

/** The part of `process` that a {@link ProgramIo} is made of. Node leaves isTTY undefined on pipes. */
interface ProcessLike {
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly stdin: AsyncIterable<Buffer | string> & { readonly isTTY?: boolean };
  cwd(): string;
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
}

/** The world of a real process with these environment variables. */
export function makeProcessIo(process: ProcessLike, env: ProgramIo['env']): ProgramIo {
  const { stdout, stderr, stdin } = process;
  return {
    stdout,
    stderr,
    stdin,
    isTty: {
      stdin: stdin.isTTY === true,
      stdout: stdout.isTTY === true,
      stderr: stderr.isTTY === true,
    },
    env,
    cwd: process.cwd(),
    onStopSignal(listener) {
      process.on('SIGINT', listener);
      process.on('SIGTERM', listener);
      return () => {
        process.off('SIGINT', listener);
        process.off('SIGTERM', listener);
      };
    },
  };
}

/** All of stdin. */
export async function readStdin(io: ProgramIo): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of io.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
