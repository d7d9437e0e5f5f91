import { Readable } from 'node:stream';
import { describe, it } from 'vitest';
import { readJsonLines } from './json-lines.ts';

async function readAll(source: AsyncIterable<unknown>): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const value of readJsonLines(source)) values.push(value);
  return values;
}

describe('JSON lines', () => {
  it('are read across chunks that cut lines and characters', async ({ expect }) => {
    const bytes = Buffer.from('\n{"a":"ü"}\n{"a":2}');
    const chunks = [...bytes].map((byte) => Buffer.from([byte]));
    expect(await readAll(Readable.from(chunks))).toEqual([{ a: 'ü' }, { a: 2 }]);
  });

  it('end with a sentence when the stream breaks', async ({ expect }) => {
    const broken = new Readable({ read: () => undefined });
    broken.destroy(new Error('socket hang up'));
    await expect(readAll(broken)).rejects.toMatchObject({
      message: 'the platform ended while its log was read',
      exitCode: 3,
    });
  });
});
