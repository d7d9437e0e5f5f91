import type { ServedOperation } from '../operation.ts';
import { deleteFunction } from './delete-function.ts';
import { getFunction } from './get-function.ts';
import { getFunctionConfiguration } from './get-function-configuration.ts';
import { listFunctions } from './list-functions.ts';

/** Every operation that is served, but Invoke, which has a route of its own. */
export const OPERATIONS: readonly ServedOperation[] = [
  deleteFunction,
  getFunction,
  getFunctionConfiguration,
  listFunctions,
];
