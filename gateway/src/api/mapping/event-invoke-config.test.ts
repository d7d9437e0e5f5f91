import { EVENT_INVOKE_CONFIG_MODIFIED_ANNOTATION } from '@mayfly/api';
import { describe, it } from 'vitest';
import { applyConfig, toEventInvokeConfig } from './event-invoke-config.ts';

const CREATED = '2026-01-01T00:00:00Z';
const META = {
  name: 'hello',
  namespace: 'default',
  uid: 'uid',
  resourceVersion: '1',
  generation: 1,
  creationTimestamp: CREATED,
};

describe('a configuration for events', () => {
  it.for([
    [{ MaximumRetryAttempts: 0 }, { maximumRetryAttempts: 0, onSuccess: { destination: 'a' } }],
    [{ DestinationConfig: {} }, { maximumRetryAttempts: 2 }],
    [
      { DestinationConfig: { OnSuccess: { Destination: '' }, OnFailure: { Destination: 'b' } } },
      { maximumRetryAttempts: 2, onFailure: { destination: 'b' } },
    ],
  ] as const)('with %j is %j', ([settings, expected], { expect }) => {
    const before = { maximumRetryAttempts: 2, onSuccess: { destination: 'a' } };
    expect(applyConfig(before, settings)).toStrictEqual(expected);
  });

  it('is as old as the last request, or as its object', ({ expect }) => {
    const asked = '2026-02-03T04:05:06.789Z';
    const annotations = { [EVENT_INVOKE_CONFIG_MODIFIED_ANNOTATION]: asked };
    expect(toEventInvokeConfig('arn', { metadata: META }, {}).LastModified).toEqual(
      new Date(CREATED),
    );
    expect(
      toEventInvokeConfig('arn', { metadata: { ...META, annotations } }, {}).LastModified,
    ).toEqual(new Date(asked));
  });
});
