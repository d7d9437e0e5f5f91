import fc from 'fast-check';
import { describe, it } from 'vitest';
import { decodeClientContext } from './decode-client-context.ts';

describe('decodeClientContext', () => {
  it('gives JSON that fits into a header', ({ expect }) => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const header = Buffer.from(JSON.stringify(value)).toString('base64');
        const decoded = decodeClientContext(header);
        if (header.length > 3583) return;
        expect(decoded).toMatch(/^[\x20-\x7e]*$/);
        expect(JSON.parse(decoded ?? '')).toStrictEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it.for([undefined, '', '%%%', 'bm90IGpzb24=', 'x'.repeat(4000)])(
    'ignores %o',
    (header, { expect }) => {
      expect(decodeClientContext(header)).toBeUndefined();
    },
  );
});
