import { aLayerVersion } from '@mayfly/testkit';
import { LIMITS } from '@mayfly/lambda-api';
import { describe, it } from 'vitest';
import { judgeLayersSize, layerVersionArnOf, resolveLayers } from './resolve-layers.ts';

const account = { region: 'us-east-1', accountId: '000000000000' };
const ARN = 'arn:aws:lambda:us-east-1:000000000000:layer:libs:1';
const OTHER = 'arn:aws:lambda:us-east-1:000000000000:layer:other:2';
const libs = aLayerVersion({
  spec: { version: 1 },
  status: { codeSha256: 'sha-libs', codeSize: 7, conditions: [] },
});
const served = { arn: OTHER, codeSha256: 'sha-other', codeSize: 3 };
const facts = {
  find: (arn: string) => (arn === ARN ? libs : undefined),
  isKnown: true,
  served: [],
  account,
};

describe('resolveLayers', () => {
  it('finds archives in the order of the names', ({ expect }) => {
    expect(resolveLayers([OTHER, ARN], { ...facts, served: [served] })).toEqual({
      kind: 'resolved',
      layers: [served, { arn: ARN, codeSha256: 'sha-libs', codeSize: 7 }],
    });
  });

  it('refuses a layer that is not there and was never served', ({ expect }) => {
    expect(resolveLayers([ARN, OTHER], facts)).toEqual({
      kind: 'refused',
      reason: 'LayerNotFound',
      message: `Layer version ${OTHER} does not exist.`,
    });
  });

  it('refuses a layer of another region', ({ expect }) => {
    const elsewhere = ARN.replace('us-east-1', 'eu-west-1');
    expect(resolveLayers([elsewhere], { ...facts, isKnown: false })).toMatchObject({
      kind: 'refused',
      message:
        'Layers are not in the same region as the function. Layers are expected to be in region us-east-1.',
    });
  });

  it('waits for layers that are not known yet, and for an archive', ({ expect }) => {
    const pending = { kind: 'pending', reason: 'LayersPending' };
    expect(resolveLayers([OTHER], { ...facts, isKnown: false })).toMatchObject(pending);
    const find = () => aLayerVersion({ spec: { version: 1 } });
    expect(resolveLayers([ARN], { ...facts, find })).toMatchObject(pending);
  });
});

describe('judgeLayersSize', () => {
  it('counts code and layers together', ({ expect }) => {
    const most = LIMITS.maxUnpackedCodeBytes;
    expect(judgeLayersSize(most - 3, [served])).toBeUndefined();
    expect(judgeLayersSize(most - 2, [served])).toEqual({
      reason: 'CodeTooLarge',
      message:
        'Function code combined with layers exceeds the maximum allowed size of 262144000 bytes. The actual size is 262144001 bytes.',
    });
  });
});

describe('layerVersionArnOf', () => {
  it('is there once the number is', ({ expect }) => {
    expect(layerVersionArnOf(libs, account)).toBe(ARN);
    expect(layerVersionArnOf(aLayerVersion(), account)).toBeUndefined();
  });
});
