import { anAlias } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { describeRoutingState } from './routing-state.ts';

describe('what is said of where an alias goes', () => {
  it('differs with each version, weight and object, and in nothing else', ({ expect }) => {
    const { metadata } = anAlias({ metadata: { uid: 'u' } });
    const describe = (routing: object): string =>
      describeRoutingState({
        metadata,
        status: { conditions: [], routing: { functionVersion: '7', ...routing } },
      });
    const url = { authType: 'NONE', invokeMode: 'BUFFERED' } as const;
    expect(describeRoutingState({ metadata })).toBe('u ');
    expect(describe({})).toBe('u 7');
    expect(describe({ url })).toBe('u 7');
    expect(describe({ additionalVersion: { version: '8', weight: 0.1 } })).toBe('u 7 8:0.1');
  });
});
