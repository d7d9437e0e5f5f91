import type { ServedOperation } from '../operation.ts';
import { createAlias } from './create-alias.ts';
import { createFunction } from './create-function.ts';
import { deleteAlias } from './delete-alias.ts';
import { deleteFunction } from './delete-function.ts';
import { getAlias } from './get-alias.ts';
import { getFunction } from './get-function.ts';
import { getFunctionConfiguration } from './get-function-configuration.ts';
import { listAliases } from './list-aliases.ts';
import { listFunctions } from './list-functions.ts';
import { listVersionsByFunction } from './list-versions-by-function.ts';
import { publishVersion } from './publish-version.ts';
import { updateAlias } from './update-alias.ts';
import { updateFunctionCode } from './update-function-code.ts';
import { updateFunctionConfiguration } from './update-function-configuration.ts';

/** Every operation that is served, but Invoke, which has a route of its own. */
export const OPERATIONS: readonly ServedOperation[] = [
  createAlias,
  createFunction,
  deleteAlias,
  deleteFunction,
  getAlias,
  getFunction,
  getFunctionConfiguration,
  listAliases,
  listFunctions,
  listVersionsByFunction,
  publishVersion,
  updateAlias,
  updateFunctionCode,
  updateFunctionConfiguration,
];
