import { describe, it } from 'vitest';
import { holdsNameBefore } from './name-holder.ts';

const SECOND = '2026-01-01T00:00:00Z';
const NEXT_SECOND = '2026-01-01T00:00:01Z';

describe('holdsNameBefore', () => {
  it('prefers the older one', ({ expect }) => {
    const older = { name: 'z', creationTimestamp: SECOND };
    const newer = { name: 'a', creationTimestamp: NEXT_SECOND };
    expect([holdsNameBefore(older, newer), holdsNameBefore(newer, older)]).toEqual([true, false]);
  });

  it('decides by name within a second', ({ expect }) => {
    const a = { name: 'a', creationTimestamp: SECOND };
    const b = { name: 'b', creationTimestamp: SECOND };
    expect([holdsNameBefore(a, b), holdsNameBefore(b, a)]).toEqual([true, false]);
  });
});
