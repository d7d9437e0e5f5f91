import fc from 'fast-check';
import { describe, it } from 'vitest';
import { LineSplitter } from './line-splitter.ts';

function split(chunks: readonly Buffer[], maxLineBytes?: number): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line), maxLineBytes);
  for (const chunk of chunks) splitter.push(chunk);
  splitter.flush();
  return lines;
}

/** Cuts bytes at every place that is named. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort(
    (a, b) => a - b,
  );
  return sorted.slice(1).map((end, at) => bytes.subarray(sorted[at], end));
}

describe('LineSplitter', () => {
  it('gives the same lines wherever the stream is cut', ({ expect }) => {
    const text = fc.array(
      fc.string({ unit: 'grapheme' }).map((line) => line.replace(/[\r\n]/g, '')),
    );
    fc.assert(
      fc.property(text, fc.array(fc.nat()), (lines, places) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        expect(split(cut(bytes, places))).toStrictEqual(lines);
      }),
    );
  });

  it('gives the last line without an end', ({ expect }) => {
    expect(split([Buffer.from('a\nb')])).toStrictEqual(['a', 'b']);
    expect(split([Buffer.from('')])).toStrictEqual([]);
  });

  it('drops carriage returns at the end only', ({ expect }) => {
    expect(split([Buffer.from('a\rb\r\n')])).toStrictEqual(['a\rb']);
  });

  it('cuts long lines, and never a character', ({ expect }) => {
    expect(split([Buffer.from('abcdefgh\nxy\n')], 3)).toStrictEqual(['abc', 'def', 'gh', 'xy']);
    expect(split([Buffer.from('a☂☂☂b\n')], 5)).toStrictEqual(['a☂', '☂', '☂b']);
  });

  it('loses no byte of long lines', ({ expect }) => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.array(fc.nat()), (text, places) => {
        const line = text.replace(/[\r\n]/g, '');
        expect(split(cut(Buffer.from(line), places), 7).join('')).toBe(line);
      }),
    );
  });

  it('survives bytes that are no text', ({ expect }) => {
    expect(split([Buffer.alloc(10, 0x80)], 4)).toHaveLength(3);
  });
});
