import { parsePath } from '@mayfly/api';
import { isMap, isScalar, isSeq, type Document, type LineCounter, type Node } from 'yaml';

/** The line of a field: of its key, or, when it is missing, of the nearest parent that is there. */
export function locateField(document: Document, lines: LineCounter, path: string): number {
  let node: unknown = document.contents;
  let offset = startOf(document.contents);
  for (const segment of parsePath(path)) {
    const step = childOf(node, segment);
    if (step === undefined) break;
    offset = step.offset;
    node = step.value;
  }
  return lines.linePos(offset).line;
}

function childOf(
  node: unknown,
  segment: string | number,
): { readonly value: unknown; readonly offset: number } | undefined {
  if (isMap(node)) {
    const pair = node.items.find(
      ({ key }) => isScalar(key) && String(key.value) === segment.toString(),
    );
    return pair && { value: pair.value, offset: startOf(pair.key as Node) };
  }
  if (isSeq(node) && typeof segment === 'number') {
    const value = node.items[segment] as Node | undefined;
    return value && { value, offset: startOf(value) };
  }
  return undefined;
}

function startOf(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}
