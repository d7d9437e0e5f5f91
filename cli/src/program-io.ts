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

/** The part of `process` that a {@link ProgramIo} is made of. */
type ProcessLike = Pick<
  NodeJS.Process,
  'stdout' | 'stderr' | 'stdin' | 'env' | 'cwd' | 'on' | 'off'
>;

/** The world of a real process. */
export function makeProcessIo(process: ProcessLike): ProgramIo {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    isTty: {
      // Node leaves isTTY undefined, not false, on pipes.
      stdin: Boolean(process.stdin.isTTY),
      stdout: Boolean(process.stdout.isTTY),
      stderr: Boolean(process.stderr.isTTY),
    },
    env: process.env,
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
