/** A spare, and the room it takes. */
export interface SpareRoom {
  readonly spareId: string;
  readonly memoryMb: number;
  /** Undefined while no node has room for it. */
  readonly nodeName: string | undefined;
}

/**
 * The spares that give way to one that somebody waits for and no node has room for. Those that wait for room themselves
 * always do; of those that have it, the fewest on one node that free enough. None does where that would not help.
 */
export function pickYielding(spares: readonly SpareRoom[], neededMb: number): readonly string[] {
  const waiting = spares.filter(({ nodeName }) => nodeName === undefined);
  const nodes = Map.groupBy(
    spares.filter(({ nodeName }) => nodeName !== undefined),
    ({ nodeName }) => nodeName,
  );
  const [fewest = []] = [...nodes.values()]
    .map((onNode) => takeEnough(onNode, neededMb))
    .filter((enough) => enough !== undefined)
    .sort((a, b) => a.length - b.length || sumOf(a) - sumOf(b));
  return [...waiting, ...fewest].map(({ spareId }) => spareId);
}

/** The smallest one that is enough; else the largest ones, until they are. Undefined: all of them are not. */
function takeEnough(spares: readonly SpareRoom[], neededMb: number): SpareRoom[] | undefined {
  const sorted = spares.toSorted((a, b) => a.memoryMb - b.memoryMb);
  const one = sorted.find(({ memoryMb }) => memoryMb >= neededMb);
  if (one !== undefined) return [one];
  const taken: SpareRoom[] = [];
  for (const spare of sorted.toReversed()) {
    taken.push(spare);
    if (sumOf(taken) >= neededMb) return taken;
  }
  return undefined;
}

function sumOf(spares: readonly SpareRoom[]): number {
  return spares.reduce((sum, { memoryMb }) => sum + memoryMb, 0);
}
