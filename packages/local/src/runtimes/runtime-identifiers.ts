import { isDeprecatedRuntime, LAMBDA_RUNTIMES } from '@mayfly/core';

/** How a runtime identifier is to be treated on one machine. */
export type RuntimeFamily =
  | { readonly kind: 'nodejs'; readonly major: number }
  | { readonly kind: 'python'; readonly version: string }
  | { readonly kind: 'provided' }
  /** Lambda has it, a machine without containers has not. */
  | { readonly kind: 'notHere' }
  | { readonly kind: 'deprecated' }
  | { readonly kind: 'unknown' };

/** What runs on one machine. */
export const SERVED_RUNTIMES: readonly string[] = [
  'nodejs24.x',
  'nodejs22.x',
  'nodejs20.x',
  'python3.14',
  'python3.13',
  'python3.12',
  'python3.11',
  'python3.10',
  'provided.al2023',
  'provided.al2',
];

/** What Lambda runs and one machine does not. */
export const OTHER_RUNTIMES: readonly string[] = LAMBDA_RUNTIMES.filter(
  (runtime) => !SERVED_RUNTIMES.includes(runtime),
);

/** Reads a runtime identifier. */
export function parseRuntime(runtime: string): RuntimeFamily {
  if (isDeprecatedRuntime(runtime)) return { kind: 'deprecated' };
  if (OTHER_RUNTIMES.includes(runtime)) return { kind: 'notHere' };
  if (!SERVED_RUNTIMES.includes(runtime)) return { kind: 'unknown' };
  if (runtime.startsWith('provided')) return { kind: 'provided' };
  if (runtime.startsWith('python')) {
    return { kind: 'python', version: runtime.slice('python'.length) };
  }
  return { kind: 'nodejs', major: Number.parseInt(runtime.slice('nodejs'.length), 10) };
}
