// More than any kernel follows (Linux: 40): a longer chain is a loop.
const MAX_HOPS = 40;

/**
 * Names a symbolic link that leads out of the root, also by way of other links, or is a loop.
 * `links` maps every link's path to what it says; every other path is taken for a real one.
 */
export function findEscapingLink(links: ReadonlyMap<string, string>): string | undefined {
  for (const link of links.keys()) {
    if (!staysInside(link, links)) return link;
  }
  return undefined;
}

/** Walks as the kernel does: name by name, a link's text in the place of its name. */
function staysInside(link: string, links: ReadonlyMap<string, string>): boolean {
  const pending = link.split('/').reverse();
  const at: string[] = [];
  let hops = 0;
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      if (at.pop() === undefined) return false;
      continue;
    }
    at.push(name);
    const target = links.get(at.join('/'));
    if (target === undefined) continue;
    hops += 1;
    if (hops > MAX_HOPS || !isRelative(target)) return false;
    at.pop();
    pending.push(...target.split('/').reverse());
  }
  return true;
}

function isRelative(target: string): boolean {
  return target !== '' && !target.startsWith('/') && !/[\\\0]/.test(target);
}
