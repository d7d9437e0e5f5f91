// The entry point without zod: the agent, which has this in its bundle, must stay small.
export { isReservedVariable, RESERVED_VARIABLES } from '@mayfly/api/reserved-variables';

/** Variable by which every process of an execution environment can be found. Reserved, too. */
export const EXECUTION_ENVIRONMENT_ID_VARIABLE = 'MAYFLY_EXECUTION_ENVIRONMENT_ID';
