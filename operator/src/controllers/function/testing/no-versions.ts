import type { FunctionControllerDeps } from '../controller.ts';

/** Of Functions that publish nothing. */
export const NO_VERSIONS: FunctionControllerDeps['versions'] = {
  latestNumber: () => undefined,
  follow: () => Promise.resolve(),
  deleteAll: () => Promise.resolve(),
};
