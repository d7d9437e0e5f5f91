import { format } from 'node:util';

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const;

/** Level of a line that the function writes. */
export type LogLevel = (typeof LEVELS)[number];

/** How console output becomes lines. */
export interface ConsoleLogOptions {
  readonly logFormat: 'Text' | 'JSON';
  /** Lowest level that is written; anything unknown writes all. */
  readonly logLevel: string | undefined;
  /** Takes one line with its line end. */
  readonly write: (line: string) => void;
}

/** Stands for the request id of lines that are written outside an invocation. */
export const NO_REQUEST_ID = '-';

/** Console output with time, request id and level, one record per call. */
export class ConsoleLog {
  /** Set by the invocation loop. */
  requestId = NO_REQUEST_ID;
  readonly #options: ConsoleLogOptions;
  readonly #lowest: number;

  constructor(options: ConsoleLogOptions) {
    this.#options = options;
    this.#lowest = LEVELS.findIndex((level) => level === options.logLevel);
  }

  /** Puts this log behind the console's methods. */
  install(target: Console): void {
    const at =
      (level: LogLevel) =>
      (...values: unknown[]): void => {
        this.log(level, values);
      };
    Object.assign(target, {
      trace: at('TRACE'),
      debug: at('DEBUG'),
      log: at('INFO'),
      info: at('INFO'),
      warn: at('WARN'),
      error: at('ERROR'),
      fatal: at('FATAL'),
    });
  }

  /** Writes one record. */
  log(level: LogLevel, values: readonly unknown[]): void {
    if (LEVELS.indexOf(level) < this.#lowest) return;
    const time = new Date().toISOString();
    const record =
      this.#options.logFormat === 'JSON'
        ? toJsonRecord({ timestamp: time, level, requestId: this.requestId }, values)
        : `${time}\t${this.requestId}\t${level}\t${format(...values)}`;
    // A line end would start a new record in the log: Lambda shows it as a carriage return.
    this.#options.write(`${record.replaceAll('\n', '\r')}\n`);
  }

  /** Writes a failure of the function or of the runtime. */
  logError(title: string, error: unknown, document: string): void {
    if (this.#options.logFormat === 'JSON') {
      this.log('ERROR', [error instanceof Error ? error : new Error(String(error))]);
    } else {
      this.log('ERROR', [title, `\t${document}`]);
    }
  }
}

function toJsonRecord(head: Readonly<Record<string, string>>, values: readonly unknown[]): string {
  if (values.length === 1) {
    try {
      return JSON.stringify({ ...head, message: values[0] }, errorReplacer);
    } catch {
      return JSON.stringify({ ...head, message: format(values[0]) });
    }
  }
  const error = values.find((value) => value instanceof Error);
  return JSON.stringify({
    ...head,
    message: format(...values),
    ...(error === undefined ? {} : describe(error)),
  });
}

function errorReplacer(_key: string, value: unknown): unknown {
  return value instanceof Error ? Object.assign(describe(value), value) : value;
}

function describe(error: Error): Record<string, unknown> {
  return {
    errorType: error.name,
    errorMessage: error.message,
    stackTrace: typeof error.stack === 'string' ? error.stack.split('\n') : [],
  };
}
