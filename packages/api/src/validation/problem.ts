/** One thing that is wrong with a manifest. */
export interface Problem {
  /** The field, for example `spec.timeout` or `spec.architectures[0]`. */
  readonly path: string;
  /** What is wrong, fit to stand after the path: `must be at most 900 (got 1000)`. */
  readonly message: string;
}

const PLAIN_KEY = /^[A-Za-z_$][\w$-]*$/;

/** Writes a path: `spec.architectures[0]`, `spec.environment.variables["my key"]`. */
export function formatPath(segments: readonly PropertyKey[]): string {
  return segments.reduce<string>((path, segment) => path + formatSegment(segment, path === ''), '');
}

function formatSegment(segment: PropertyKey, isFirst: boolean): string {
  if (typeof segment === 'number') return `[${segment.toString()}]`;
  const key = String(segment);
  if (!PLAIN_KEY.test(key)) return `[${JSON.stringify(key)}]`;
  return isFirst ? key : `.${key}`;
}

const SEGMENT = /\.?([A-Za-z_$][\w$-]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/gy;

/** Reads what `formatPath` wrote, for finding the place in the file. */
export function parsePath(path: string): readonly (string | number)[] {
  return [...path.matchAll(SEGMENT)].map(([, plain, index, quoted]) => {
    if (plain !== undefined) return plain;
    return index === undefined ? String(JSON.parse(quoted ?? '""')) : Number(index);
  });
}

/** All problems in one text: `spec.timeout: must be at most 900 (got 1000); spec.code: is required`. */
export function formatProblems(problems: readonly Problem[]): string {
  return problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
}
