import type { ObjectRule, RuledObject } from './rules.ts';

function nameOf(object: RuledObject): unknown {
  return object.spec['functionName'] ?? object.metadata.name;
}

const NAME_AS_CEL =
  '(has(self.spec.functionName) ? self.spec.functionName : self.metadata.name) == ' +
  '(has(oldSelf.spec.functionName) ? oldSelf.spec.functionName : oldSelf.metadata.name)';

const IS_IMAGE = "(has(self.spec.packageType) && self.spec.packageType == 'Image')";

function isImage({ spec }: RuledObject): boolean {
  return spec['packageType'] === 'Image';
}

/** What an archive needs and an image brings along. */
function zipOnly(field: 'runtime' | 'handler', instead: string): readonly ObjectRule[] {
  return [
    {
      rule: `${IS_IMAGE} || has(self.spec.${field})`,
      message: 'is required',
      path: `spec.${field}`,
      holds: (self) => isImage(self) || self.spec[field] !== undefined,
    },
    {
      rule: `!${IS_IMAGE} || !has(self.spec.${field})`,
      message: `is not for packageType Image: ${instead}`,
      path: `spec.${field}`,
      holds: (self) => !isImage(self) || self.spec[field] === undefined,
    },
  ];
}

function hasImage({ spec }: RuledObject): boolean {
  return (spec['code'] as { readonly image?: unknown } | undefined)?.image !== undefined;
}

function countLayers({ spec }: RuledObject): number {
  return (spec['layers'] as readonly unknown[] | undefined)?.length ?? 0;
}

/** Rules of a Function as a whole. */
export const FUNCTION_RULES: readonly ObjectRule[] = [
  ...zipOnly('runtime', 'the image has its own'),
  ...zipOnly('handler', 'set spec.code.image.command'),
  {
    rule: `${IS_IMAGE} == has(self.spec.code.image)`,
    message: 'and packageType Image go together: set both or neither',
    path: 'spec.code.image',
    holds: (self) => isImage(self) === hasImage(self),
  },
  {
    rule: `${IS_IMAGE} || !has(self.spec.runtimeInterface) || self.spec.runtimeInterface != 'rie'`,
    message: 'rie needs packageType Image: archives are unpacked by the agent',
    path: 'spec.runtimeInterface',
    holds: (self) => isImage(self) || self.spec['runtimeInterface'] !== 'rie',
  },
  {
    rule: `!${IS_IMAGE} || !has(self.spec.layers) || size(self.spec.layers) == 0`,
    message: 'is not for packageType Image: the image has its own /opt',
    path: 'spec.layers',
    holds: (self) => !isImage(self) || countLayers(self) === 0,
  },
  {
    rule: `!${IS_IMAGE} || !has(self.spec.codeSigningConfigArn)`,
    message: 'is not for packageType Image: only archives are signed',
    path: 'spec.codeSigningConfigArn',
    holds: (self) => !isImage(self) || self.spec['codeSigningConfigArn'] === undefined,
  },
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
