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
export const OTHER_RUNTIMES: readonly string[] = [
  'java25',
  'java21',
  'java17',
  'java11',
  'java8.al2',
  'dotnet10',
  'dotnet8',
  'ruby3.4',
  'ruby3.3',
];

const DEPRECATED_RUNTIMES: ReadonlySet<string> = new Set([
  'nodejs',
  'nodejs4.3',
  'nodejs4.3-edge',
  'nodejs6.10',
  'nodejs8.10',
  'nodejs10.x',
  'nodejs12.x',
  'nodejs14.x',
  'nodejs16.x',
  'nodejs18.x',
  'python2.7',
  'python3.6',
  'python3.7',
  'python3.8',
  'python3.9',
  'java8',
  'dotnetcore1.0',
  'dotnetcore2.0',
  'dotnetcore2.1',
  'dotnetcore3.1',
  'dotnet5.0',
  'dotnet6',
  'dotnet7',
  'ruby2.5',
  'ruby2.7',
  'ruby3.2',
  'go1.x',
  'provided',
]);

/** Reads a runtime identifier. */
export function parseRuntime(runtime: string): RuntimeFamily {
  if (DEPRECATED_RUNTIMES.has(runtime)) return { kind: 'deprecated' };
  if (OTHER_RUNTIMES.includes(runtime)) return { kind: 'notHere' };
  if (!SERVED_RUNTIMES.includes(runtime)) return { kind: 'unknown' };
  if (runtime.startsWith('provided')) return { kind: 'provided' };
  if (runtime.startsWith('python')) {
    return { kind: 'python', version: runtime.slice('python'.length) };
  }
  return { kind: 'nodejs', major: Number.parseInt(runtime.slice('nodejs'.length), 10) };
}
