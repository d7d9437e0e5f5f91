/** Error types that the Node.js runtime itself raises. */
export type RuntimeErrorType =
  | 'Runtime.ImportModuleError'
  | 'Runtime.HandlerNotFound'
  | 'Runtime.UserCodeSyntaxError'
  | 'Runtime.MalformedHandlerName'
  | 'Runtime.MalformedStreamingHandler'
  | 'Runtime.InvalidStreamingOperation'
  | 'Runtime.JSONStringifyError'
  | 'Runtime.UnhandledPromiseRejection'
  | 'Runtime.NodeJsExit';

/** A failure of the runtime's own making; its name is the `errorType` that callers see. */
export class RuntimeError extends Error {
  constructor(type: RuntimeErrorType, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = type;
    // The stack's first line was made with the name of the class.
    this.stack = this.stack?.replace(/^Error/, type) ?? '';
  }
}

/** The error document that Lambda's Node.js runtime sends. */
export interface ErrorDocument {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

/** Anything that was thrown, as an error document. Never throws. */
export function toErrorDocument(thrown: unknown): ErrorDocument {
  try {
    if (isError(thrown)) {
      return {
        errorType: escapeDelete(thrown.name),
        errorMessage: escapeDelete(thrown.message),
        trace: escapeDelete(thrown.stack ?? '').split('\n'),
      };
    }
    return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
  } catch {
    return {
      errorType: 'handled',
      errorMessage:
        'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack',
      trace: [],
    };
  }
}

/** The text after `Invoke Error` in the log: the error with its own properties, as JSON. */
export function toLoggedError(thrown: unknown): string {
  try {
    const error = isError(thrown) ? thrown : new Error(String(thrown));
    return JSON.stringify(error, (_key, value: unknown) =>
      isError(value) ? withOwnProperties(value) : value,
    );
  } catch {
    return JSON.stringify(toErrorDocument(thrown));
  }
}

function withOwnProperties(error: Error): Record<string, unknown> {
  const described: Record<string, unknown> = {
    errorType: error.name,
    errorMessage: error.message,
  };
  const stack = typeof error.stack === 'string' ? { stack: error.stack.split('\n') } : {};
  return Object.assign(described, error, stack);
}

/** Errors of other realms (node:vm) count too: they are not `instanceof` ours. */
function isError(value: unknown): value is Error {
  return (
    value instanceof Error ||
    (typeof value === 'object' &&
      value !== null &&
      'name' in value &&
      'message' in value &&
      'stack' in value &&
      typeof value.name === 'string' &&
      typeof value.message === 'string' &&
      typeof value.stack === 'string')
  );
}

// AWS does the same: DEL is not allowed in what it stores.
function escapeDelete(text: string): string {
  return text.replaceAll('\x7f', '%7F');
}
