export type { EnumValues } from './constraints.ts';
export {
  CONTRACT,
  type Contract,
  type Operation,
  type Shape,
  type StructureShape,
} from './contract.ts';
export type * from './generated/lambda-2015-03-31.ts';
export { matchOperation, toRouteError, type OperationMatch } from './match-operation.ts';
export {
  parseInput,
  toInputError,
  type ParsedInput,
  type ParseOptions,
  type RequestParts,
} from './parse-input.ts';
export { serialiseError, type AnsweredError } from './serialise-error.ts';
export { JSON_CONTENT_TYPE, serialiseOutput, type SerialisedAnswer } from './serialise-output.ts';
export type { InputProblem } from './validate-value.ts';
