import fc from 'fast-check';
import { describe, it } from 'vitest';
import { findEscapingLink } from './link-check.ts';
import { RefusedCodeError } from './refusal.ts';

/** Layers of links, each of which leads to the one below, and many links to the topmost. */
function layered(layers: number, walkers: number, text: string): Map<string, string> {
  const links = new Map<string, string>();
  for (let n = 0; n < layers; n += 1) {
    links.set(`l${n.toString()}`, text + (n === 0 ? 'd' : `l${(n - 1).toString()}`));
  }
  for (let n = 0; n < walkers; n += 1) {
    links.set(`x${n.toString()}`, `l${(layers - 1).toString()}`);
  }
  return links;
}

/** Every link walked on its own, as slow as it is plain. */
function walksOut(link: string, links: ReadonlyMap<string, string>): boolean {
  const pending = link.split('/').reverse();
  const at: string[] = [];
  let hops = 0;
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      if (at.pop() === undefined) return true;
      continue;
    }
    at.push(name);
    const target = links.get(at.join('/'));
    if (target === undefined) continue;
    hops += 1;
    if (hops > 40 || target === '' || target.startsWith('/')) return true;
    at.pop();
    pending.push(...target.split('/').reverse());
  }
  return false;
}

describe('findEscapingLink', () => {
  it.for([
    ['a link beside it', { 'a/b': 'c', 'a/c': '../d' }, undefined],
    ['a link that climbs', { 'a/b': '../../d' }, 'a/b'],
    ['a climb through another', { 'a/b': 'c/../..', 'a/c': '../d' }, 'a/b'],
    ['a link to itself', { a: 'a' }, 'a'],
    ['a circle', { a: 'b', b: 'c/d', c: 'a' }, 'a'],
    ['a way through a name that is no link', { 'a/b': 'x/y/../../../d' }, undefined],
  ] as const)('walks %s', ([, links, escaping], { expect }) => {
    expect(findEscapingLink(new Map(Object.entries(links)))).toBe(escaping);
  });

  it('follows 40 links, as the kernel does, and no 41st', ({ expect }) => {
    expect(findEscapingLink(layered(40, 0, ''))).toBeUndefined();
    expect(findEscapingLink(layered(41, 0, ''))).toBe('l40');
    expect(findEscapingLink(layered(39, 1, ''))).toBeUndefined();
    expect(findEscapingLink(layered(40, 1, ''))).toBe('x0');
  });

  it('says the same as walking every link on its own', ({ expect }) => {
    const name = fc.constantFrom('a', 'b', 'c');
    const target = fc.array(fc.constantFrom('a', 'b', 'c', '..', '.', ''), { maxLength: 5 });
    const link = fc.tuple(fc.array(name, { minLength: 1, maxLength: 3 }), target);
    fc.assert(
      fc.property(fc.array(link, { maxLength: 6 }), (found) => {
        const links = new Map(found.map(([at, to]) => [at.join('/'), to.join('/')]));
        const escaping = [...links.keys()].find((at) => walksOut(at, links));
        expect(findEscapingLink(links)).toBe(escaping);
      }),
      { numRuns: 2000 },
    );
  });

  it('walks each link once, however many lead to it', ({ expect }) => {
    expect(findEscapingLink(layered(39, 10_000, 'd/../'.repeat(800)))).toBeUndefined();
  });

  it('refuses links whose text is too long to follow', ({ expect }) => {
    const links = new Map<string, string>();
    for (let n = 0; n < 10_000; n += 1) links.set(n.toString(), 'a/'.repeat(2000));
    expect(() => findEscapingLink(links)).toThrow(
      new RefusedCodeError(
        'UnsafeArchive',
        'The symbolic links in the archive are too many and too long to be followed.',
      ),
    );
  });
});
