import { spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { LineSplitter } from './line-splitter.ts';

/** What the supervisor says (`parked`: what it has started). `supervisor-script.ts` in core is its other side. */
export type SupervisorEvent =
  | { readonly kind: 'attached' | 'missing' | 'denied' | 'parked' | 'killed' | 'terminating' }
  | { readonly kind: 'started'; readonly pid: number }
  | { readonly kind: 'exited'; readonly status: number }
  | { readonly kind: 'memory'; readonly kilobytes: number };

/** What a FIFO that nobody has read from holds. */
export const MAX_RELEASE_BYTES = 64 * 1024;

/** What a supervisor can be told. */
export type SupervisorVerb = 'start' | 'term' | 'kill' | 'exit' | `memory ${string}`;

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants;
const PIPES = ['output', 'events', 'release', 'control'] as const;
// Readable for the function's user by their common group, for nobody else.
const PIPE_MODE = '660';
const FILE_MODE = 0o640;

/**
 * The agent's end of the FIFOs between it and the supervisor: process 1 of the function's container. All
 * descriptors are non-blocking, so that a FIFO without another end holds nobody up.
 */
export class Supervisor {
  readonly #dir: string;
  readonly #control: number;
  readonly #events: Socket;
  readonly #gone = Promise.withResolvers<undefined>();
  readonly #attached = Promise.withResolvers<undefined>();
  #listener: ((event: SupervisorEvent) => void) | undefined;
  #isGone = false;
  #isClosed = false;
  #pendingKills = 0;

  /** Called when the container is about to be stopped. May come more than once. */
  onTerminating: () => void = () => undefined;

  /** Makes the FIFOs, or takes those that an agent before has left. */
  constructor(dir: string) {
    this.#dir = dir;
    const isFirst = makePipes(dir);
    this.#events = openReader(join(dir, 'events'));
    this.#listenToEvents();
    // The supervisor sees its end of file when this process ends, however it does. Read-write, because
    // write-only would need the supervisor to be there already.
    this.#control = openPipe(join(dir, 'control'), O_RDWR);
    // An agent before this one may have left a runtime.
    if (!isFirst) this.tell('kill');
  }

  /** How many kills have not been confirmed: what is heard before they are is of a runtime before. */
  get pendingKills(): number {
    return this.#pendingKills;
  }

  /** Resolves when the supervisor has come. */
  get attached(): Promise<undefined> {
    return this.#attached.promise;
  }

  /** Resolves when the supervisor, and with it the container, has ended. */
  get gone(): Promise<undefined> {
    return this.#gone.promise;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Says who hears of the runtime; there is one at a time. */
  setListener(listener: ((event: SupervisorEvent) => void) | undefined): void {
    this.#listener = listener;
  }

  /** Tells it something. A line is shorter than PIPE_BUF: it is there as a whole or not at all. */
  tell(verb: SupervisorVerb): void {
    if (this.#isGone || this.#isClosed) return;
    if (verb === 'kill') this.#pendingKills += 1;
    try {
      writeSync(this.#control, `${verb}\n`);
    } catch {
      // The FIFO holds thousands of verbs: a supervisor that has not read them is as good as gone.
      this.#markGone();
    }
  }

  /** Leaves what the next `start` is made of. */
  writeVariables(text: string): void {
    this.writeFile('variables', text);
  }

  /** Leaves a file for the function's container; its path. */
  writeFile(name: string, text: string): string {
    const path = join(this.#dir, name);
    const next = `${path}.next`;
    rmSync(next, { force: true });
    writeFileSync(next, text, { mode: FILE_MODE, flag: 'wx' });
    renameSync(next, path);
    return path;
  }

  /**
   * Gives a runtime that waits for it what it waits for: a text of at most `MAX_RELEASE_BYTES`. False when none waits.
   */
  release(text: string): boolean {
    try {
      // Without a reader this fails.
      const pipe = openPipe(join(this.#dir, 'release'), O_WRONLY);
      try {
        return writeSync(pipe, text) === Buffer.byteLength(text);
      } finally {
        closeSync(pipe);
      }
    } catch {
      return false;
    }
  }

  /** Opens the output of the runtime that is started next: its end is the end of every process. */
  openOutput(): Socket {
    return openReader(join(this.#dir, 'output'));
  }

  /**
   * A reader hears the end of a FIFO only when somebody has written to it: a runtime that was killed before
   * it opened its output has not.
   */
  touchOutput(): void {
    try {
      closeSync(openPipe(join(this.#dir, 'output'), O_WRONLY));
    } catch {
      // Nobody reads any more.
    }
  }

  /** Lets the supervisor end. */
  close(): void {
    if (this.#isClosed) return;
    this.tell('exit');
    this.#isClosed = true;
    this.#events.destroy();
    closeSync(this.#control);
  }

  #listenToEvents(): void {
    const splitter = new LineSplitter((line) => {
      const event = parseEvent(line);
      if (event !== undefined) this.#hear(event);
    });
    this.#events.on('data', (chunk: Buffer) => {
      splitter.push(chunk);
    });
    this.#events.on('error', () => {
      this.#markGone();
    });
    this.#events.on('end', () => {
      this.#markGone();
    });
  }

  #hear(event: SupervisorEvent): void {
    if (event.kind === 'killed') this.#pendingKills -= 1;
    // One that attached to an agent before says so only once; this is its first word to this one.
    if (event.kind === 'attached' || event.kind === 'killed') this.#attached.resolve(undefined);
    if (event.kind === 'attached') return;
    if (event.kind === 'terminating') this.onTerminating();
    else this.#listener?.(event);
  }

  #markGone(): void {
    this.#isGone = true;
    this.#gone.resolve(undefined);
  }
}

// False when an agent before has left some.
function makePipes(dir: string): boolean {
  const missing = PIPES.map((name) => join(dir, name)).filter((path) => !existsSync(path));
  if (missing.length === 0) return false;
  // Node cannot make a FIFO. In this order: the supervisor looks for the last.
  const { status, stderr, error } = spawnSync('mkfifo', ['-m', PIPE_MODE, ...missing]);
  if (status === 0) return missing.length === PIPES.length;
  const cause = error ?? new Error(stderr.toString().trim());
  throw new Error(`making the FIFOs of the supervisor in ${dir}`, { cause });
}

function openPipe(path: string, flags: number): number {
  const fd = openSync(path, flags | O_NONBLOCK | O_NOFOLLOW);
  if (fstatSync(fd).isFIFO()) return fd;
  closeSync(fd);
  throw new Error(`opening ${path}: it is no FIFO`);
}

// A socket polls the descriptor; a file stream would block a thread of the pool for every read.
function openReader(path: string): Socket {
  return new Socket({ fd: openPipe(path, O_RDONLY), readable: true, writable: false });
}

const PLAIN_EVENTS = ['attached', 'missing', 'denied', 'parked', 'killed', 'terminating'] as const;

function parseEvent(line: string): SupervisorEvent | undefined {
  const [kind, value = ''] = line.split(' ');
  const plain = PLAIN_EVENTS.find((name) => name === kind);
  if (plain !== undefined) return { kind: plain };
  const number = /^\d+$/.test(value) ? Number(value) : 0;
  if (kind === 'started') return { kind, pid: number };
  if (kind === 'exited') return { kind, status: number };
  if (kind === 'memory') return { kind, kilobytes: number };
  // The function can write to this FIFO, too.
  return undefined;
}
