import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { RuntimeError } from './runtime-errors.ts';

/** A function as the user exports it: what it takes depends on its kind. */
export type UserHandler = (...parameters: unknown[]) => unknown;

/** The function to call, and how. */
export interface LoadedHandler {
  readonly handle: UserHandler;
  /** Was given to `awslambda.streamifyResponse`. */
  readonly isStreaming: boolean;
}

/** Marks a handler that writes to a response stream: the symbol of AWS, so that libraries can read it. */
export const STREAMING_MARK = Symbol.for('aws.lambda.runtime.handler.streaming');

const EXTENSIONS = ['', '.js', '.mjs', '.cjs'] as const;

/**
 * Imports the file of `path/file.method.nested` below the task root and finds the function in its exports.
 * @throws RuntimeError when there is no such file or function; whatever the user's code throws
 */
export async function loadHandler(taskRoot: string, handler: string): Promise<LoadedHandler> {
  const { folder, moduleName, memberPath } = parseHandler(handler);
  const exports = await importModule(taskRoot, folder, moduleName);
  const found = findMember(exports, memberPath) ?? findMember(defaultOf(exports), memberPath);
  if (found === undefined || found === null) {
    throw new RuntimeError('Runtime.HandlerNotFound', `${handler} is undefined or not exported`);
  }
  if (typeof found !== 'function') {
    throw new RuntimeError('Runtime.HandlerNotFound', `${handler} is not a function`);
  }
  return { handle: found as UserHandler, isStreaming: isStreaming(found) };
}

interface HandlerPath {
  readonly folder: string;
  readonly moduleName: string;
  readonly memberPath: readonly string[];
}

function parseHandler(handler: string): HandlerPath {
  if (handler.includes('..')) {
    throw new RuntimeError(
      'Runtime.MalformedHandlerName',
      `'${handler}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    );
  }
  const slash = handler.lastIndexOf('/');
  const dot = handler.indexOf('.', slash + 1);
  if (dot === -1) throw new RuntimeError('Runtime.MalformedHandlerName', 'Bad handler');
  return {
    folder: handler.slice(0, slash + 1),
    moduleName: handler.slice(slash + 1, dot),
    memberPath: handler.slice(dot + 1).split('.'),
  };
}

async function importModule(
  taskRoot: string,
  folder: string,
  moduleName: string,
): Promise<unknown> {
  const base = path.resolve(taskRoot, folder, moduleName);
  try {
    const extension = EXTENSIONS.find((candidate) => isFile(base, candidate));
    if (extension !== undefined) return await import(pathToFileURL(base + extension).href);
    // A package's module, also from NODE_PATH: the name is resolved as `require` would.
    const requireFrom = createRequire(import.meta.url);
    const paths = [taskRoot, path.resolve(taskRoot, folder)];
    return requireFrom(requireFrom.resolve(moduleName, { paths })) as unknown;
  } catch (error) {
    throw toLoadError(error);
  }
}

/** A folder of the module's name is a package, not the module's file. */
function isFile(base: string, extension: string): boolean {
  const file = base + extension;
  return extension === '' ? existsSync(file) && !existsSync(`${file}/`) : existsSync(file);
}

function toLoadError(error: unknown): unknown {
  if (error instanceof SyntaxError) {
    const wrapped = new RuntimeError('Runtime.UserCodeSyntaxError', String(error), {
      cause: error,
    });
    // The user's file and line are in the original's stack only.
    if (error.stack !== undefined) wrapped.stack = error.stack;
    return wrapped;
  }
  if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') {
    return new RuntimeError('Runtime.ImportModuleError', String(error), { cause: error });
  }
  return error;
}

function findMember(exports: unknown, memberPath: readonly string[]): unknown {
  return memberPath.reduce<unknown>(
    (owner, key) =>
      (typeof owner === 'object' || typeof owner === 'function') && owner !== null
        ? Reflect.get(owner, key)
        : undefined,
    exports,
  );
}

function defaultOf(exports: unknown): unknown {
  return typeof exports === 'object' && exports !== null && 'default' in exports
    ? exports.default
    : undefined;
}

function isStreaming(handler: object): boolean {
  const mark: unknown = Reflect.get(handler, STREAMING_MARK);
  if (mark === undefined) return false;
  if (mark === 'response') return true;
  throw new RuntimeError(
    'Runtime.MalformedStreamingHandler',
    'Only response streaming is supported.',
  );
}
