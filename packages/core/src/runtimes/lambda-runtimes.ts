import type { RuntimeSupport } from '../ports/execution-environment-driver.ts';

/** The runtime identifiers that Lambda has now, the newest of each language first. */
export const LAMBDA_RUNTIMES: readonly string[] = [
  'nodejs26.x',
  'nodejs24.x',
  'nodejs22.x',
  'nodejs20.x',
  'python3.15',
  'python3.14',
  'python3.13',
  'python3.12',
  'python3.11',
  'python3.10',
  'java25',
  'java21',
  'java17.al2023',
  'java17',
  'java11.al2023',
  'java11',
  'java8.al2023',
  'java8.al2',
  'dotnet10',
  'dotnet8',
  'ruby4.0',
  'ruby3.4',
  'ruby3.3',
  'ruby3.2',
  'provided.al2023',
  'provided.al2',
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
  'go1.x',
  'provided',
]);

/** Whether Lambda has retired this identifier. */
export function isDeprecatedRuntime(runtime: string): boolean {
  return DEPRECATED_RUNTIMES.has(runtime);
}

/** Whether a runtime that is an image can run, where there are images of these identifiers; and if not, what can. */
export function judgeRuntimeImage(runtime: string, available: readonly string[]): RuntimeSupport {
  // An image of one's own may keep a retired identifier, or one that Lambda has never had.
  if (available.includes(runtime)) return { kind: 'available' };
  const choice = available.length === 0 ? 'none' : available.toSorted().join(', ');
  if (isDeprecatedRuntime(runtime)) {
    return {
      kind: 'unavailable',
      reason: 'RuntimeDeprecated',
      message: `Runtime ${runtime} is deprecated. There are images of: ${choice}.`,
    };
  }
  if (LAMBDA_RUNTIMES.includes(runtime)) {
    return {
      kind: 'unavailable',
      reason: 'RuntimeNotAvailable',
      message: `There is no image of the runtime ${runtime}. There are: ${choice}.`,
    };
  }
  return {
    kind: 'unavailable',
    reason: 'UnknownRuntime',
    message: `There is no runtime ${runtime}. There are images of: ${choice}.`,
  };
}
