import { describe, it } from 'vitest';
import { makeLayerArn, parseLayerVersionArn } from './layer-arn.ts';

const location = { region: 'us-east-1', accountId: '123456789012', layerName: 'my-Libs_1' };

describe('ARNs of layers', () => {
  it('are read as they are made', ({ expect }) => {
    expect(parseLayerVersionArn(makeLayerArn(location, 12))).toEqual({ ...location, version: 12 });
  });

  it.for([
    makeLayerArn(location),
    `${makeLayerArn(location)}:x`,
    'arn:aws:lambda:us-east-1:123456789012:function:f:1',
    'libs:1',
    '',
  ])('name no version: %j', (arn, { expect }) => {
    expect(parseLayerVersionArn(arn)).toBeUndefined();
  });
});
