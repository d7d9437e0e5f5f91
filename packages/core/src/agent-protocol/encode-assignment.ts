import type { AssignedCode, Assignment } from './messages.ts';

/**
 * The body of an assignment: a line of JSON, then the archives that come along, one behind the other: of the code, then of
 * the layers. Each has the length that its `codeSize` says.
 */
export interface EncodedAssignment {
  /** Ends the line. */
  readonly head: string;
  readonly archives: readonly Uint8Array[];
}

/** Writes what `parseAssignment` of the agent reads. */
export function encodeAssignment(assignment: Assignment): EncodedAssignment {
  const { code, layers } = assignment;
  const json = {
    ...assignment,
    ...(code === undefined ? {} : { code: omitArchive(code) }),
    ...(layers === undefined ? {} : { layers: layers.map(omitArchive) }),
  };
  const archives = [...(code === undefined ? [] : [code]), ...(layers ?? [])].flatMap(
    ({ source }) => (source.kind === 'attached' ? [source.archive] : []),
  );
  return { head: `${JSON.stringify(json)}\n`, archives };
}

function omitArchive(code: AssignedCode): object {
  return code.source.kind === 'attached' ? { ...code, source: { kind: 'attached' } } : code;
}
