import { describe, it } from 'vitest';
import { Paces } from './paces.ts';

const ID = 'default/hello';

describe('Paces', () => {
  it('knows nothing before an invocation has ended', ({ expect }) => {
    const paces = new Paces();
    paces.noteStart(ID, 700);
    expect(paces.of(ID)).toEqual({ invocationMs: 100, startMs: 700, isSeen: false });
    paces.noteInvocations(ID, 20);
    expect(paces.of(ID)).toEqual({ invocationMs: 20, startMs: 700, isSeen: true });
    paces.noteStart(ID, 1_700);
    expect(paces.of(ID)).toEqual({ invocationMs: 20, startMs: 1_100, isSeen: true });
  });

  it('assumes a usual start where it has seen none, and takes no pull of an image for one', ({
    expect,
  }) => {
    const paces = new Paces();
    paces.noteInvocations(ID, 20);
    expect(paces.of(ID)).toEqual({ invocationMs: 20, startMs: 1_000, isSeen: true });
    paces.noteStart(ID, 180_000);
    expect(paces.of(ID)).toEqual({ invocationMs: 20, startMs: 10_000, isSeen: true });
  });

  it('forgets', ({ expect }) => {
    const paces = new Paces();
    paces.noteInvocations(ID, 20);
    paces.forget(ID);
    expect(paces.of(ID)).toEqual({ invocationMs: 100, startMs: 1_000, isSeen: false });
  });
});
