import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import pretty from 'pino-pretty';

export type { Logger } from 'pino';

/** From the most to the least talkative. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
/** A level of `LOG_LEVELS`. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** How a program logs. */
export interface LoggerOptions {
  /** Lines below are dropped. Default: info. */
  readonly level?: LogLevel;
  /** Coloured lines for people instead of JSON. Default: whether standard output is a terminal. */
  readonly pretty?: boolean;
  /** Where lines go. Default: standard output. */
  readonly destination?: DestinationStream;
}

/**
 * Makes the logger of a program. One line is one JSON object with `level` (a word), `time` (RFC 3339),
 * `msg` and the fields; `err` carries an error with its causes.
 */
export function makeLogger(options: LoggerOptions = {}): Logger {
  const isPretty = options.pretty ?? process.stdout.isTTY;
  return pino(
    {
      level: options.level ?? 'info',
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    isPretty ? prettyStream(options.destination) : (options.destination ?? pino.destination(1)),
  );
}

// A plain stream and no pino transport: transports load their module by path in a worker thread, which a
// program that is bundled into one file does not have.
function prettyStream(destination: DestinationStream | undefined): DestinationStream {
  return pretty({
    colorize: destination === undefined,
    destination: destination ?? 1,
    sync: true,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname',
    singleLine: true,
  });
}
