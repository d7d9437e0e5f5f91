import { immutable } from './object-rules.ts';
import type { ObjectRule, RuledObject } from './rules.ts';

/** Of texts that need not be there: neither added, nor changed, nor removed. */
function immutableText(field: string): ObjectRule {
  const textOf = (object: string): string =>
    `(has(${object}.spec.${field}) ? ${object}.spec.${field} : '')`;
  return {
    rule: `${textOf('self')} == ${textOf('oldSelf')}`,
    message: 'cannot be changed: delete the object and create another',
    path: `spec.${field}`,
    holds: (self, previous) =>
      previous === undefined || (self.spec[field] ?? '') === (previous.spec[field] ?? ''),
  };
}

/** Of what the operator fills in once. */
function filledOnce(
  field: string,
  message = 'cannot be changed: a published version stays as it is',
): ObjectRule {
  return {
    rule: `!has(oldSelf.spec.${field}) || (has(self.spec.${field}) && self.spec.${field} == oldSelf.spec.${field})`,
    message,
    path: `spec.${field}`,
    holds: (self, previous) =>
      previous?.spec[field] === undefined || isSame(self.spec[field], previous.spec[field]),
  };
}

/** Rules of a Version as a whole. */
export const VERSION_RULES: readonly ObjectRule[] = [
  immutable('functionName'),
  immutableText('description'),
  immutableText('codeSha256'),
  immutableText('revisionId'),
  {
    rule: 'has(self.spec.version) == has(self.spec.snapshot)',
    message: 'and spec.version go together: leave both to the operator',
    path: 'spec.snapshot',
    holds: ({ spec }) => (spec['version'] === undefined) === (spec['snapshot'] === undefined),
  },
  filledOnce('version'),
  filledOnce('snapshot'),
];

/** Of what is no text: neither added, nor changed, nor removed. */
function immutableValue(field: string): ObjectRule {
  return {
    rule: `has(self.spec.${field}) == has(oldSelf.spec.${field}) && (!has(self.spec.${field}) || self.spec.${field} == oldSelf.spec.${field})`,
    message: 'cannot be changed: publish another version',
    path: `spec.${field}`,
    holds: (self, previous) =>
      previous === undefined || isSame(self.spec[field], previous.spec[field]),
  };
}

/** Rules of a LayerVersion as a whole: all but its permissions stays as it is. */
export const LAYER_VERSION_RULES: readonly ObjectRule[] = [
  immutable('layerName'),
  filledOnce('version', 'cannot be changed: publish another version'),
  immutableText('description'),
  immutableText('licenseInfo'),
  immutableValue('compatibleRuntimes'),
  immutableValue('compatibleArchitectures'),
  immutableValue('content'),
];

const HAS_WEIGHTS =
  '(has(self.spec.routingConfig) && has(self.spec.routingConfig.additionalVersionWeights)' +
  ' && size(self.spec.routingConfig.additionalVersionWeights) > 0)';

function weightedVersions({ spec }: RuledObject): readonly string[] {
  const config = spec['routingConfig'] as
    { readonly additionalVersionWeights?: Readonly<Record<string, number>> } | undefined;
  return Object.keys(config?.additionalVersionWeights ?? {});
}

/** Rules of an Alias as a whole. */
export const ALIAS_RULES: readonly ObjectRule[] = [
  immutable('functionName'),
  immutable('name'),
  {
    rule: `!${HAS_WEIGHTS} || !(self.spec.functionVersion in self.spec.routingConfig.additionalVersionWeights)`,
    message: 'must name another version than spec.functionVersion',
    path: 'spec.routingConfig.additionalVersionWeights',
    holds: (self) => !weightedVersions(self).includes(String(self.spec['functionVersion'])),
  },
  {
    rule: `!${HAS_WEIGHTS} || self.spec.functionVersion != '$LATEST'`,
    message: '$LATEST is not supported for an alias pointing to more than 1 version',
    path: 'spec.functionVersion',
    holds: (self) =>
      weightedVersions(self).length === 0 || self.spec['functionVersion'] !== '$LATEST',
  },
  {
    rule: `!${HAS_WEIGHTS} || !has(self.spec.rollout)`,
    message: 'does not go together with spec.routingConfig: a rollout sets the weights itself',
    path: 'spec.rollout',
    holds: (self) => weightedVersions(self).length === 0 || self.spec['rollout'] === undefined,
  },
];

/** Whether two values of JSON are the same; a member without a value is none. */
function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => isSame(item, b[index]));
  }
  if (!isObject(a) || !isObject(b)) return false;
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => isSame(a[name], b[name]));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
