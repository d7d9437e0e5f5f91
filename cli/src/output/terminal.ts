import type { ProgramIo } from '../program-io.ts';

const ESCAPE = '\u001b[';
const SPINNER_FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const SPINNER_PERIOD_MS = 80;

/** True when escape sequences may be written there: a terminal, and nobody asked for none. */
export function isDecorated(io: ProgramIo, stream: 'stdout' | 'stderr'): boolean {
  const isRefused = (io.env['NO_COLOR'] ?? '') !== '' || io.env['TERM'] === 'dumb';
  return io.isTty[stream] && !isRefused;
}

/** The text in a faint colour, where decoration is wanted. */
export function dim(text: string, isWanted: boolean): string {
  return isWanted ? `${ESCAPE}2m${text}${ESCAPE}22m` : text;
}

/** The text in red, where decoration is wanted. */
export function red(text: string, isWanted: boolean): string {
  return isWanted ? `${ESCAPE}31m${text}${ESCAPE}39m` : text;
}

/** Replaces control characters, so that a name or a reason cannot move the cursor or repaint lines. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}

/** A line that shows that something is waited for. */
export interface Spinner {
  update(text: string): void;
  /** Takes the line away until it is drawn again, so that another can be written. */
  clear(): void;
  /** Takes the line away for good. */
  stop(): void;
}

/** A spinner on stderr; silent where decoration is not wanted. */
export function startSpinner(io: ProgramIo, text: string): Spinner {
  if (!isDecorated(io, 'stderr')) return { update: doNothing, clear: doNothing, stop: doNothing };
  let shown = text;
  let frame = 0;
  const draw = (): void => {
    const sign = SPINNER_FRAMES[frame % SPINNER_FRAMES.length] ?? '';
    io.stderr.write(`\r${ESCAPE}K${sign} ${printable(shown)}`);
    frame += 1;
  };
  const clear = (): void => {
    io.stderr.write(`\r${ESCAPE}K`);
  };
  draw();
  const timer = setInterval(draw, SPINNER_PERIOD_MS);
  return {
    update: (next) => {
      shown = next;
    },
    clear,
    stop: () => {
      clearInterval(timer);
      clear();
    },
  };
}

function doNothing(): void {
  // Where no escape sequences may be written, nothing is shown.
}
