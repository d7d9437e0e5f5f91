/** What is wrong with a manifest, and where. */
export interface ManifestProblem {
  /** As the user knows the file: relative to the folder, or as given on the command line. */
  readonly file: string;
  /** From 1; undefined when the problem is no line of the file. */
  readonly line: number | undefined;
  /** For example `spec.timeout`; empty when it is no field. */
  readonly field: string;
  readonly reason: string;
}

/** `examples/bad.yaml:12: spec.timeout: must be at most 900 (got 1000)`. */
export function formatManifestProblem({ file, line, field, reason }: ManifestProblem): string {
  const place = line === undefined ? file : `${file}:${line.toString()}`;
  return `${place}: ${field === '' ? '' : `${field}: `}${reason}`;
}
