import { usePlatform, type FunctionManifest, type Platform } from '../../helpers/platform.ts';

/** The runtimes that every promise is tried on: a managed one of ours, one of AWS, an OS-only one. */
export const RUNTIMES = ['nodejs24.x', 'python3.11', 'provided.al2023'] as const;

/** Parts of the spec that a test sets. */
export type SpecOverrides = Readonly<Record<string, unknown>>;

/** A function whose code is the given file of JavaScript, an ES module. */
export function nodejs(name: string, source: string, spec: SpecOverrides = {}): FunctionManifest {
  return {
    name,
    spec: {
      runtime: 'nodejs24.x',
      handler: 'index.handler',
      code: { inline: source },
      ...spec,
    },
  };
}

/** A function whose code is the given file of Python. */
export function python(name: string, source: string, spec: SpecOverrides = {}): FunctionManifest {
  return {
    name,
    spec: {
      runtime: 'python3.11',
      handler: 'lambda_function.lambda_handler',
      code: { inline: source },
      ...spec,
    },
  };
}

/** A custom runtime in bash: `body` is the handler's, with the event in `$1`; its stdout is the result. */
export function bash(name: string, body: string, spec: SpecOverrides = {}): FunctionManifest {
  return {
    name,
    spec: {
      runtime: 'provided.al2023',
      handler: 'function.handler',
      code: { inline: bashRuntime(body) },
      ...spec,
    },
  };
}

/**
 * The runtime of the developer guide's walkthrough in one file. The handler runs in the loop's own shell
 * and says `ANSWERED=yes` when it has posted by itself.
 */
function bashRuntime(body: string): string {
  return `#!/usr/bin/env bash
set -euo pipefail
API="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
HEADERS="$(mktemp)"
OUTPUT="$(mktemp)"
handler() {
${body}
}
while true; do
  EVENT="$(curl -sS -LD "$HEADERS" "$API/invocation/next")"
  REQUEST_ID="$(grep -Fi Lambda-Runtime-Aws-Request-Id "$HEADERS" | tr -d '[:space:]' | cut -d: -f2)"
  ANSWERED=''
  handler "$EVENT" > "$OUTPUT"
  if [[ -n "$ANSWERED" ]]; then continue; fi
  curl -sS -o /dev/null --data-binary "@$OUTPUT" "$API/invocation/$REQUEST_ID/response"
done
`;
}

/** Starts a platform, for this test, with the named ones of the functions. */
export function usePlatformWith(
  functions: readonly FunctionManifest[],
  ...names: readonly string[]
): Promise<Platform> {
  return usePlatform({ functions: functions.filter(({ name }) => names.includes(name)) });
}
