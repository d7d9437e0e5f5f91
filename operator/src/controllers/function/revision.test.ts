import { FunctionSpec } from '@mayfly/api';
import { describe, it } from 'vitest';
import { computeRevision } from './revision.ts';

const BASE = {
  runtime: 'nodejs24.x',
  handler: 'index.handler',
  code: { inline: 'exports.handler = async () => 1;' },
} as const;

const IMAGE = {
  uri: 'registry.test/a@sha256:1',
  entryPoint: ['/lambda-entrypoint.sh'],
  command: ['app.one'],
  workingDirectory: '/var/task',
  pullSecrets: [],
};
const OTHER_COMMAND = { ...IMAGE, command: ['app.two'] };

function revisionOf(settings: object): string {
  return computeRevision(FunctionSpec.parse({ ...BASE, ...settings }), { codeSha256: 'sha' });
}

describe('the revision of a function', () => {
  it.for([
    ['runtime', { runtime: 'nodejs22.x' }],
    ['handler', { handler: 'other.handler' }],
    ['memorySize', { memorySize: 512 }],
    ['timeout', { timeout: 9 }],
    ['ephemeralStorage', { ephemeralStorage: 1024 }],
    ['environment.variables', { environment: { variables: { AB: '1' } } }],
    [
      'environment.from',
      { environment: { from: [{ name: 'AB', secretKeyRef: { name: 's', key: 'k' } }] } },
    ],
    ['serviceAccountName', { serviceAccountName: 'reader' }],
    ['podTemplate', { podTemplate: { nodeSelector: { disk: 'ssd' } } }],
    ['logFormat', { loggingConfig: { logFormat: 'JSON' } }],
    ['initSeconds', { scaling: { initSeconds: 20 } }],
  ] as const)('is a new one when %s changes', ([, settings], { expect }) => {
    expect(revisionOf(settings)).not.toBe(revisionOf({}));
  });

  it.for([
    ['functionName', { functionName: 'other' }],
    ['description', { description: 'words' }],
    [
      'codeSigningConfigArn',
      {
        codeSigningConfigArn:
          'arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-0123456789abcdef0',
      },
    ],
    ['eventInvokeConfig', { eventInvokeConfig: { maximumRetryAttempts: 1 } }],
    ['url', { url: { authType: 'NONE' } }],
    ['reservedConcurrentExecutions', { reservedConcurrentExecutions: 3 }],
    ['tags', { tags: { team: 'a' } }],
    ['recursiveLoop', { recursiveLoop: 'Allow' }],
    ['runtimeManagement', { runtimeManagement: { updateRuntimeOn: 'FunctionUpdate' } }],
    ['publish', { publish: 'OnChange' }],
    ['versionHistoryLimit', { versionHistoryLimit: 3 }],
    [
      'idleSeconds',
      { scaling: { initSeconds: 10, idleSeconds: 9 } },
      { scaling: { initSeconds: 10 } },
    ],
  ] as const)('stays when %s changes', ([, settings, before = {}], { expect }) => {
    expect(revisionOf(settings)).toBe(revisionOf(before));
  });

  it('is another one for other code', ({ expect }) => {
    const spec = FunctionSpec.parse(BASE);
    const revisions = [{}, { codeSha256: 'b' }, { image: IMAGE }, { image: OTHER_COMMAND }].map(
      (code) => computeRevision(spec, { codeSha256: 'a', ...code }),
    );
    expect(new Set(revisions).size).toBe(4);
  });

  it('does not depend on the order in which settings are written', ({ expect }) => {
    const variables = { AB: '1', BC: '2' };
    const turned = { BC: '2', AB: '1' };
    expect(revisionOf({ environment: { variables } })).toBe(
      revisionOf({ environment: { variables: turned } }),
    );
    expect(revisionOf({ podTemplate: { nodeSelector: { a: '1', b: '2' } } })).toBe(
      revisionOf({ podTemplate: { nodeSelector: { b: '2', a: '1' } } }),
    );
  });
});
