import { describe, it } from 'vitest';
import { z } from 'zod';
import { FunctionSpec } from './function.ts';
import { unbounded } from './unbounded.ts';
import { VersionSpec } from './version.ts';

const {
  code: _code,
  publish: _publish,
  ...CONFIGURATION
} = FunctionSpec.parse({
  runtime: 'nodejs24.x',
  handler: 'index.handler',
  code: { inline: 'x' },
  environment: { variables: { GREETING: 'hello' }, from: [{ secretRef: { name: 'db' } }] },
  podTemplate: { affinity: { any: { thing: 1 } }, labels: { team: 'a' } },
});

function versionOf(configuration: object): unknown {
  const snapshot = { revision: 'r', codeSha256: 's', codeSize: 1, configuration };
  return { functionName: 'hello', version: 1, snapshot };
}

describe('unbounded', () => {
  it('takes what a snapshot was made of, and adds nothing', ({ expect }) => {
    const read = VersionSpec.parse(versionOf(CONFIGURATION));
    expect(read.snapshot?.configuration).toEqual(CONFIGURATION);
  });

  it('takes what the bounds of today refuse', ({ expect }) => {
    const old = {
      runtime: 'nodejs0.10',
      memorySize: 64,
      packageType: 'Rpm',
      environment: { variables: { AWS_REGION: 'x' } },
      podTemplate: { labels: { 'mayfly.dev/x': 'y' } },
    };
    expect(VersionSpec.parse(versionOf(old)).snapshot?.configuration).toEqual(old);
  });

  it('keeps what it does not know', ({ expect }) => {
    const newer = { ...CONFIGURATION, layers: ['arn'] };
    expect(VersionSpec.parse(versionOf(newer)).snapshot?.configuration).toEqual(newer);
  });

  it('refuses other types', ({ expect }) => {
    expect(VersionSpec.safeParse(versionOf({ memorySize: '128' })).success).toBe(false);
    expect(VersionSpec.safeParse({ ...Object(versionOf({})), snapshot: {} }).success).toBe(false);
  });

  it('refuses a schema that it does not understand', ({ expect }) => {
    const schema = z.object({ when: z.union([z.string(), z.boolean()]) });
    expect(() => unbounded(schema)).toThrow('taking the bounds off a schema');
  });
});
