import { RefusedCodeError } from './refusal.ts';

// More than any kernel follows (Linux: 40): a longer chain is a loop.
const MAX_HOPS = 40;
/** Names that are walked for one archive: twenty for each of ten thousand links, and some. */
const MAX_STEPS = 500_000;

/**
 * Names a symbolic link that leads out of the root, also by way of other links, or is a loop.
 * `links` maps every link's path to what it says; every other path is taken for a real one.
 * @throws RefusedCodeError when following them all would take long: nothing else runs meanwhile
 */
export function findEscapingLink(links: ReadonlyMap<string, string>): string | undefined {
  const check = new LinkCheck(links);
  for (const link of links.keys()) {
    if (!check.staysInside(link)) return link;
  }
  return undefined;
}

/** Where a path leads: the paths of all folders on the way there, and how many links were followed. */
interface Place {
  readonly at: readonly string[];
  readonly hops: number;
}

/** Walks as the kernel does, name by name, but remembers where each link leads. */
class LinkCheck {
  readonly #links: ReadonlyMap<string, string>;
  readonly #longestPath: number;
  readonly #places = new Map<string, Place>();
  readonly #following = new Set<string>();
  #steps = 0;

  constructor(links: ReadonlyMap<string, string>) {
    this.#links = links;
    this.#longestPath = [...links.keys()].reduce((most, { length }) => Math.max(most, length), 0);
  }

  staysInside(link: string): boolean {
    return this.#walk({ at: [], hops: 0 }, link) !== undefined;
  }

  /** Undefined: outside, or in a circle. */
  #walk(from: Place, path: string): Place | undefined {
    const names = path.split('/');
    this.#count(names.length);
    let { hops } = from;
    let at = [...from.at];
    for (const name of names.filter((each) => each !== '' && each !== '.')) {
      if (name === '..') {
        if (at.pop() === undefined) return undefined;
        continue;
      }
      const here = join(at, name);
      const target = this.#read(here);
      if (target === undefined) {
        at.push(here);
        continue;
      }
      const place = this.#follow(here, { target, parent: at });
      hops += place?.hops ?? 0;
      if (place === undefined || hops > MAX_HOPS) return undefined;
      this.#count(place.at.length);
      at = [...place.at];
    }
    return { at, hops };
  }

  #follow(
    link: string,
    { target, parent }: { readonly target: string; readonly parent: readonly string[] },
  ): Place | undefined {
    const known = this.#places.get(link);
    if (known !== undefined) return known;
    if (!isRelative(target) || this.#following.has(link)) return undefined;
    if (this.#following.size >= MAX_HOPS) return undefined;
    this.#following.add(link);
    const place = this.#walk({ at: parent, hops: 1 }, target);
    this.#following.delete(link);
    // One that leads out ends the whole check: only the good are worth remembering.
    if (place !== undefined) this.#places.set(link, place);
    return place;
  }

  /** What the link says; a path that is longer than all links' is none, and need not be looked up. */
  #read(path: string): string | undefined {
    return path.length > this.#longestPath ? undefined : this.#links.get(path);
  }

  #count(steps: number): void {
    this.#steps += steps;
    if (this.#steps <= MAX_STEPS) return;
    throw new RefusedCodeError(
      'UnsafeArchive',
      'The symbolic links in the archive are too many and too long to be followed.',
    );
  }
}

function join(at: readonly string[], name: string): string {
  const parent = at.at(-1);
  return parent === undefined ? name : `${parent}/${name}`;
}

function isRelative(target: string): boolean {
  return target !== '' && !target.startsWith('/') && !/[\\\0]/.test(target);
}
