import { describe, it } from 'vitest';
import { RevisionSuccession } from './revision-succession.ts';

function key(revision: string, functionName = 'hello') {
  return { namespace: 'default', functionName, revision };
}

describe('RevisionSuccession', () => {
  it('knows which revisions are over, until one comes back', ({ expect }) => {
    const succession = new RevisionSuccession();
    expect(succession.isOver(key('r1'))).toBe(false);
    succession.note(key('r1'), key('r2'));
    succession.note(key('r2'), key('r1'));
    expect(['r1', 'r2', 'r3'].map((r) => succession.isOver(key(r)))).toEqual([false, true, false]);
    succession.note(key('r1'), undefined);
    expect([succession.isOver(key('r1')), succession.isOver(key('r1', 'other'))]).toEqual([
      true,
      false,
    ]);
  });

  it('forgets the oldest', ({ expect }) => {
    const succession = new RevisionSuccession();
    for (let n = 0; n < 30; n += 1) succession.note(key(`r${n.toString()}`), undefined);
    expect([succession.isOver(key('r0')), succession.isOver(key('r29'))]).toEqual([false, true]);
    for (let n = 0; n < 1000; n += 1) succession.note(key('r', `f${n.toString()}`), undefined);
    expect(succession.isOver(key('r29'))).toBe(false);
  });
});
