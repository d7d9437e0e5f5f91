/** Latencies in milliseconds, as a distribution. */
export interface Distribution {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** The distribution of a sample, by nearest ranks: p95 of 20 is the 19th. Empty samples give NaN. */
export function toDistribution(sample: readonly number[]): Distribution {
  const sorted = [...sample].sort((a, b) => a - b);
  const at = (q: number): number =>
    sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}

/** What the second costs more than the first, quantile by quantile. */
export function subtract(a: Distribution, b: Distribution): Distribution {
  return { p50: a.p50 - b.p50, p95: a.p95 - b.p95, p99: a.p99 - b.p99, max: a.max - b.max };
}
