/** What the functions on a cluster that files share are found by when the run is over. */
export const SHARED_LABELS = { 'mayfly-test': 'runtime-conformance' } as const;
