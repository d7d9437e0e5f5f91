import { describe, it } from 'vitest';
import { keepFilled } from './keep-filled.ts';

describe('keepFilled', () => {
  const current = { functionName: 'hello', version: 3, snapshot: { revision: 'r' } };

  it('keeps number and snapshot of a Version', ({ expect }) => {
    expect(keepFilled('Version', { functionName: 'hello' }, current)).toEqual(current);
  });

  it('changes nothing that the manifest names', ({ expect }) => {
    expect(keepFilled('Version', { version: 4 }, current)).toMatchObject({ version: 4 });
    expect(keepFilled('Version', 'no spec', current)).toBe('no spec');
  });

  it('leaves other kinds alone', ({ expect }) => {
    expect(keepFilled('Alias', {}, { version: 3 })).toEqual({});
    expect(keepFilled('Version', {}, { functionName: 'hello' })).toEqual({});
  });
});
