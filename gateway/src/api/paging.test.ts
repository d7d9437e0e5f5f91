import fc from 'fast-check';
import { describe, it } from 'vitest';
import { toPage } from './paging.ts';

const keyOf = (item: string): string => item;

/** Every item of every page, in order. */
function readAll(sorted: readonly string[], MaxItems: number): readonly string[] {
  const read: string[] = [];
  let Marker: string | undefined;
  do {
    const { items, nextMarker } = toPage(sorted, { Marker, MaxItems }, { keyOf });
    read.push(...items);
    Marker = nextMarker;
  } while (Marker !== undefined);
  return read;
}

describe('pages of a list', () => {
  it('hold every item once, whatever their size', ({ expect }) => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string()), fc.integer({ min: 1, max: 7 }), (items, size) => {
        const sorted = items.toSorted();
        expect(readAll(sorted, size)).toEqual(sorted);
      }),
    );
  });

  it('are in the order of the keys, whatever that of the list', ({ expect }) => {
    const shuffled = ['fn-10:0', 'fn-1:0', 'fn-2:0', 'fn-1:1'];
    expect(readAll(shuffled, 1)).toEqual(shuffled.toSorted());
  });

  it('go on behind an item that has been deleted meanwhile', ({ expect }) => {
    const { nextMarker } = toPage(['a', 'b', 'c'], { MaxItems: 2 }, { keyOf });
    expect(toPage(['a', 'c'], { Marker: nextMarker }, { keyOf }).items).toEqual(['c']);
  });

  it.for(['x', 'e30', '%%%'])('refuse the marker %s, which nobody gave', (Marker, { expect }) => {
    expect(() => toPage(['a'], { Marker }, { keyOf })).toThrow('The marker is invalid');
  });
});
