/** Says how long it took: a figure for people, and no promise. */
export async function timed(what: string, run: () => unknown): Promise<void> {
  const startMs = performance.now();
  await run();
  console.log(`${what}: ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
}
