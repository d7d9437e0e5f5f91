import type { z } from 'zod';

/**
 * A rule about one value that a JSON schema cannot say. The CEL text is what the API server runs, the
 * function is what the embedded mode runs; they stand side by side so that they change together.
 */
export interface ValueRule<T> {
  /** CEL; `self` is the value. */
  readonly rule: string;
  /** One sentence that fits after the field's name. */
  readonly message: string;
  /** The same as `rule`, in TypeScript. */
  readonly holds: (self: T) => boolean;
  /** Says more than `message` when the value is at hand, for example which key is wrong. */
  readonly explain?: (self: T) => string;
}

/** The part of an object that object rules see. */
export interface RuledObject {
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** A rule about a whole object, and, with `previous`, about what an update may change. */
export interface ObjectRule {
  /** CEL at the root of the object; one that names `oldSelf` runs on updates only. */
  readonly rule: string;
  readonly message: string;
  /** The field to blame, for example `spec.functionName`. */
  readonly path: string;
  /** The same as `rule`; `previous` is undefined at creation. */
  readonly holds: (self: RuledObject, previous: RuledObject | undefined) => boolean;
}

/** Key of `.meta()` under which CEL rules travel from the zod schema into the CRD. */
export const CEL_KEY = 'x-kubernetes-validations';

/** Attaches rules to a schema: as checks for `parse`, as CEL for the CRD. */
export function withRules<S extends z.ZodType>(
  schema: S,
  rules: readonly ValueRule<z.output<S>>[],
): S {
  const checked = schema.superRefine((value, context) => {
    for (const each of rules) {
      if (!each.holds(value)) {
        context.addIssue({ code: 'custom', message: each.explain?.(value) ?? each.message });
      }
    }
  });
  return checked.meta({ [CEL_KEY]: rules.map(({ rule, message }) => ({ rule, message })) });
}
