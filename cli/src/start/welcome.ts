import { functionNameOf, type FunctionResource } from '@mayfly/api';
import type { ResourceStore } from '@mayfly/core';
import type { LocalAccessKeys } from './access-keys.ts';

/** What the welcome speaks of. */
export interface WelcomeFacts {
  readonly functions: readonly FunctionResource[];
  readonly gatewayUrl: string;
  readonly adminUrl: string;
  /** Undefined: requests need no signature. */
  readonly keys?: LocalAccessKeys | undefined;
}

const MAX_FUNCTIONS = 12;

/** The lines that tell a person what runs and what to call next. */
export function makeWelcome({ functions, gatewayUrl, adminUrl, keys }: WelcomeFacts): string {
  const shown = functions.slice(0, MAX_FUNCTIONS);
  const width = Math.max(0, ...shown.map((fn) => functionNameOf(fn).length));
  const lines = shown.map(
    (fn) => `    ${functionNameOf(fn).padEnd(width)}  ${describe(fn, gatewayUrl)}`,
  );
  const rest = functions.length - shown.length;
  const names = functions.map(functionNameOf);
  const example = names.includes('hello') ? 'hello' : (names[0] ?? 'my-function');
  return [
    '',
    `  Mayfly is up: ${gatewayUrl}   (health and metrics: ${adminUrl})`,
    '',
    ...(lines.length > 0
      ? ['  Functions:', ...lines]
      : ['  No functions yet: mayfly apply -f my.yaml']),
    ...(rest > 0 ? [`    … and ${String(rest)} more: mayfly get functions`] : []),
    '',
    ...(keys === undefined ? [] : describeKeys(keys)),
    '  Call one:',
    ...(keys !== undefined
      ? []
      : [`    curl ${gatewayUrl}/2015-03-31/functions/${example}/invocations -d '{"name":"Ada"}'`]),
    `    aws lambda invoke --endpoint-url ${gatewayUrl} --function-name ${example} out.json`,
    `    bin/mayfly invoke ${example} -d '{"name":"Ada"}' --tail`,
    '',
    '  Ctrl-C stops.',
    '',
  ].join('\n');
}

/** A secret is shown once, when it is made. */
function describeKeys({ path, first, isNew }: LocalAccessKeys): readonly string[] {
  return [
    `  Requests must be signed. Access keys: ${path}`,
    ...(isNew
      ? [
          `    aws configure set aws_access_key_id ${first.accessKeyId}`,
          `    aws configure set aws_secret_access_key ${first.secretAccessKey}`,
          `    aws configure set region ${first.region}`,
        ]
      : []),
    '',
  ];
}

function describe(fn: FunctionResource, gatewayUrl: string): string {
  const { state, stateReason } = fn.status ?? {};
  if (state === 'Failed') return `Failed: ${stateReason ?? ''}`;
  const { runtime, url } = fn.spec;
  const path = `/url/${fn.metadata.namespace}/${functionNameOf(fn)}/`;
  const parts = [runtime, ...(url === undefined ? [] : [`${gatewayUrl}${path}`])];
  return [...parts, ...(state === 'Active' ? [] : ['(being prepared)'])].join('  ');
}

/** Prints the welcome for the functions that are there now. */
export async function printWelcome(
  facts: Omit<WelcomeFacts, 'functions'> & { readonly store: Pick<ResourceStore, 'list'> },
): Promise<void> {
  const { items } = await facts.store.list('Function');
  process.stdout.write(makeWelcome({ ...facts, functions: items }));
}
