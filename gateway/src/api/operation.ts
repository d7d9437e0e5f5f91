import {
  parseInput,
  serialiseOutput,
  toInputError,
  type OperationInputs,
  type OperationName,
  type OperationOutputs,
  type RequestParts,
  type SerialisedAnswer,
} from '@mayfly/lambda-api/contract';
import type { Clock, CodeUploads } from '@mayfly/core';
import type { CodeLocation } from '../code/presign-location.ts';
import type { ApiObjects } from './objects/api-objects.ts';
import type { ObjectWriter } from './objects/object-writer.ts';

/** What the operations work with. */
export interface ApiDeps {
  /** Reads: everything that is known here. */
  readonly objects: ApiObjects;
  readonly writer: ObjectWriter;
  readonly clock: Pick<Clock, 'now'>;
  readonly makeId: () => string;
  /** The way of archives into the code store. */
  readonly codeUploads: CodeUploads;
  /** An address from which the archive can be downloaded for ten minutes. */
  readonly makeCodeLocation: (location: CodeLocation) => string;
  /** Most execution environments of a namespace. */
  readonly accountConcurrency: number;
  readonly urlDomain: string;
}

/** Where the caller's functions are. */
export interface ApiSite {
  readonly namespace: string;
  readonly region: string;
  /** 12 digits. */
  readonly accountId: string;
}

/** One call of one operation. */
export interface ApiCall extends ApiDeps {
  readonly site: ApiSite;
  /** As the caller reaches us: `http://127.0.0.1:8080` */
  readonly baseUrl: string;
  /** Aborts when the call has taken too long. */
  readonly signal: AbortSignal;
}

/** An operation of the contract that is served. */
export interface ServedOperation {
  readonly name: OperationName;
  /** What is missing, for the table of docs/compatibility.md; undefined: nothing. */
  readonly partial: string | undefined;
  /** @throws LambdaError */
  run(request: RequestParts, call: ApiCall): Promise<SerialisedAnswer>;
}

/** Serves an operation: what comes in has been checked by the contract, what goes out is written by it. */
export function serve<O extends OperationName>(
  name: O,
  handle: (
    input: OperationInputs[O],
    call: ApiCall,
  ) => OperationOutputs[O] | Promise<OperationOutputs[O]>,
  { partial }: { readonly partial?: string } = {},
): ServedOperation {
  return {
    name,
    partial,
    async run(request, call) {
      const parsed = parseInput(name, request);
      if (parsed.kind !== 'parsed') throw toInputError(parsed);
      return serialiseOutput(name, await handle(parsed.input, call));
    },
  };
}
