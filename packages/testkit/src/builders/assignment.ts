import type { Assignment } from '@mayfly/core';

/** What an agent is given to run `hello`. */
export function anAssignment(overrides: Partial<Assignment> = {}): Assignment {
  return {
    functionName: 'hello',
    version: '$LATEST',
    region: 'us-east-1',
    accountId: '000000000000',
    runtime: 'nodejs24.x',
    handler: 'index.handler',
    memorySizeMb: 256,
    timeoutMs: 3000,
    initTimeoutMs: 10_000,
    initializationType: 'on-demand',
    environmentVariables: {},
    logFormat: 'Text',
    logStreamName: '2026/01/01/[$LATEST]abc',
    taskRoot: '/code',
    runtimeDir: '/runtime',
    command: ['/usr/bin/node', 'bootstrap.mjs'],
    presetVariables: {},
    ...overrides,
  };
}
