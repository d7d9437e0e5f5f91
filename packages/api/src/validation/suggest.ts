/** Longer names are no typing mistakes of ours, and the distance costs the product of the lengths. */
const MAX_NAME_LENGTH = 64;

/**
 * Steps from one word to the other: insert, delete, replace, or swap two neighbours (`tiemout` is one
 * step from `timeout`).
 */
export function editDistance(from: string, to: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwap =
        column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current.push(
        Math.min(
          at(last, column) + 1,
          at(current, column - 1) + 1,
          at(last, column - 1) + (isSame ? 0 : 1),
          isSwap ? at(beforeLast, column - 2) + 1 : Infinity,
        ),
      );
    }
    beforeLast = last;
    last = current;
  }
  return at(last, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}

// `MemorySize`, `memory_size` and `memory-size` all mean `memorySize`.
function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, '');
}

/** The known name that was probably meant, if any is close. */
export function suggestName(unknown: string, known: readonly string[]): string | undefined {
  if (unknown.length > MAX_NAME_LENGTH) return undefined;
  const folded = fold(unknown);
  const limit = Math.max(1, Math.floor(folded.length / 3));
  const [best] = known
    .map((name) => ({ name, distance: editDistance(folded, fold(name)) }))
    .filter(({ distance }) => distance <= limit)
    .toSorted((a, b) => a.distance - b.distance);
  return best?.name;
}
