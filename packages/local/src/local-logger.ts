/** The part of a logger that the adapters of this package use; pino's fits. */
export interface LocalLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
