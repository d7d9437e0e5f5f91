import type { ObjectRule, RuledObject } from './rules.ts';

function nameOf(object: RuledObject): unknown {
  return object.spec['functionName'] ?? object.metadata.name;
}

const NAME_AS_CEL =
  '(has(self.spec.functionName) ? self.spec.functionName : self.metadata.name) == ' +
  '(has(oldSelf.spec.functionName) ? oldSelf.spec.functionName : oldSelf.metadata.name)';

/** Rules of a Function as a whole. */
export const FUNCTION_RULES: readonly ObjectRule[] = [
  {
    rule: NAME_AS_CEL,
    message: 'cannot be changed: delete the Function and create another',
    path: 'spec.functionName',
    holds: (self, previous) => previous === undefined || nameOf(self) === nameOf(previous),
  },
  {
    rule: "has(self.spec.functionName) || (size(self.metadata.name) <= 64 && !self.metadata.name.contains('.'))",
    message:
      'is required here: metadata.name is no function name (at most 64 letters, digits, - and _)',
    path: 'spec.functionName',
    holds: ({ metadata, spec }) =>
      spec['functionName'] !== undefined ||
      (metadata.name.length <= 64 && !metadata.name.includes('.')),
  },
];

/** A rule that forbids to change a required field of `spec`. */
export function immutable(field: string): ObjectRule {
  return {
    rule: `self.spec.${field} == oldSelf.spec.${field}`,
    message: 'cannot be changed: delete the object and create another',
    path: `spec.${field}`,
    holds: (self, previous) => previous === undefined || self.spec[field] === previous.spec[field],
  };
}
