import { describe, it } from 'vitest';
import { pickYielding, type SpareRoom } from './pick-yielding.ts';

function spares(...rooms: readonly (readonly [string, number, string?])[]): SpareRoom[] {
  return rooms.map(([spareId, memoryMb, nodeName]) => ({ spareId, memoryMb, nodeName }));
}

describe('spares that give way', () => {
  it.for([
    [
      'the smallest that is enough',
      [
        ['a', 512, 'n1'],
        ['b', 256, 'n1'],
        ['c', 128, 'n1'],
      ],
      ['b'],
    ],
    [
      'several on one node',
      [
        ['a', 128, 'n1'],
        ['b', 192, 'n1'],
        ['c', 64, 'n1'],
      ],
      ['b', 'a'],
    ],
    [
      'one rather than two',
      [
        ['a', 128, 'n1'],
        ['b', 128, 'n1'],
        ['c', 512, 'n2'],
      ],
      ['c'],
    ],
    [
      'none where nodes have too little each',
      [
        ['a', 128, 'n1'],
        ['b', 128, 'n2'],
      ],
      [],
    ],
    [
      'those without a node, always',
      [
        ['a', 64],
        ['b', 128, 'n2'],
      ],
      ['a'],
    ],
    [
      'those without a node, and enough on one',
      [
        ['a', 64],
        ['b', 256, 'n2'],
      ],
      ['a', 'b'],
    ],
    ['none of none', [], []],
  ] as const)('are %s', ([, rooms, expected], { expect }) => {
    expect(pickYielding(spares(...rooms), 256)).toEqual(expected);
  });
});
