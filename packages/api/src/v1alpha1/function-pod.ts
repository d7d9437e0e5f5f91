import { z } from 'zod';
import { isReservedVariable, RESERVED_VARIABLES } from './reserved-variables.ts';
import { withRules, type ValueRule } from './rules.ts';

/** The API server keeps it as it is, and judges it when a pod is made. */
const PRESERVE = { 'x-kubernetes-preserve-unknown-fields': true } as const;

const Deep = z.looseObject({}).meta(PRESERVE);
const Marks = z
  .record(z.string(), z.string())
  .refine((marks) => Object.keys(marks).every((key) => !key.startsWith('mayfly.dev/')), {
    error: 'keys must not begin with mayfly.dev/',
  })
  .meta({
    'x-kubernetes-validations': [
      {
        rule: "self.all(k, !k.startsWith('mayfly.dev/'))",
        message: 'keys must not begin with mayfly.dev/',
      },
    ],
    maxProperties: 64,
  });

/** What users may add to the pods of a function, in Kubernetes' own words. */
export const PodTemplate = z
  .strictObject({
    nodeSelector: z
      .record(z.string(), z.string())
      .optional()
      .describe('Labels that a node must have.'),
    tolerations: z.array(Deep).max(64).optional().describe('Taints that the pods tolerate.'),
    affinity: Deep.optional().describe('Affinity to nodes and pods.'),
    topologySpreadConstraints: z
      .array(Deep)
      .max(16)
      .optional()
      .describe('How the pods spread over zones and nodes.'),
    labels: Marks.optional().describe('Labels of the pods.'),
    annotations: Marks.optional().describe('Annotations of the pods.'),
    runtimeClassName: z.string().max(253).optional().describe('RuntimeClass, for example gvisor.'),
    priorityClassName: z.string().max(253).optional().describe('PriorityClass of the pods.'),
    volumes: z.array(Deep).max(32).optional().describe('Volumes beside those of the platform.'),
    volumeMounts: z
      .array(Deep)
      .max(32)
      .optional()
      .describe("Where the function's container has these volumes."),
    imagePullSecrets: z
      .array(Deep)
      .max(16)
      .optional()
      .describe('Secrets with credentials of registries, beside those of the platform.'),
  })
  .describe(
    'What is added to the pods of the function (cluster only). A change makes a new revision.',
  );

const NAME = z.string().min(1).max(253);
const OPTIONAL = z
  .boolean()
  .optional()
  .describe(
    'Whether it may be missing. Default: false, then the function cannot start without it.',
  );
const KeyReference = z.strictObject({
  name: NAME.describe('Name of the object, in the namespace of the Function.'),
  key: NAME.describe('Key in its data.'),
  optional: OPTIONAL,
});
const ObjectReference = z.strictObject({
  name: NAME.describe('Name of the object, in the namespace of the Function.'),
  optional: OPTIONAL,
});

const REFERENCES = ['secretKeyRef', 'configMapKeyRef', 'secretRef', 'configMapRef'] as const;

interface SourceMembers {
  readonly name?: string | undefined;
  readonly prefix?: string | undefined;
  readonly secretKeyRef?: { readonly key: string } | undefined;
  readonly configMapKeyRef?: { readonly key: string } | undefined;
  readonly secretRef?: object | undefined;
  readonly configMapRef?: object | undefined;
}

const VARIABLE_NAME = /^[a-zA-Z][a-zA-Z0-9_]+$/;
const RESERVED_AS_CEL = RESERVED_VARIABLES.map((name) => `'${name}'`).join(', ');
const IS_KEY = '(has(self.secretKeyRef) || has(self.configMapKeyRef))';
const KEY =
  "(has(self.secretKeyRef) ? self.secretKeyRef.key : has(self.configMapKeyRef) ? self.configMapKeyRef.key : '')";

function keyOf(self: SourceMembers): string | undefined {
  return (self.secretKeyRef ?? self.configMapKeyRef)?.key;
}

/** What the members of an entry of `environment.from` must obey together. */
export const SOURCE_RULES: readonly ValueRule<SourceMembers>[] = [
  {
    rule: `[${REFERENCES.map((name) => `has(self.${name})`).join(', ')}].filter(x, x).size() == 1`,
    message: 'must have exactly one of secretKeyRef, configMapKeyRef, secretRef and configMapRef',
    holds: (self) => REFERENCES.filter((name) => self[name] !== undefined).length === 1,
  },
  {
    rule: `!has(self.name) || ${IS_KEY}`,
    message: 'name is for a single key: use prefix with secretRef and configMapRef',
    holds: (self) => self.name === undefined || keyOf(self) !== undefined,
  },
  {
    rule: `!has(self.prefix) || !${IS_KEY}`,
    message: 'prefix is for a whole object: use name with secretKeyRef and configMapKeyRef',
    holds: (self) => self.prefix === undefined || keyOf(self) === undefined,
  },
  {
    rule: `has(self.name) || !${IS_KEY} || ${KEY}.matches('${VARIABLE_NAME.source}')`,
    message: 'needs a name: the key is no name of a variable',
    holds: (self) => self.name !== undefined || VARIABLE_NAME.test(keyOf(self) ?? 'none'),
  },
  {
    rule: `!((has(self.name) ? self.name : ${KEY}) in [${RESERVED_AS_CEL}])`,
    message: 'must not set a variable that the platform sets',
    holds: (self) => !isReservedVariable(self.name ?? keyOf(self) ?? ''),
  },
];

const Source = withRules(
  z.strictObject({
    name: z
      .string()
      .regex(VARIABLE_NAME, {
        error: 'must start with a letter and hold at least two letters, digits or _',
      })
      .max(256)
      .optional()
      .describe('Name of the variable of a single key. Default: the key.'),
    prefix: z
      .string()
      .regex(/^[a-zA-Z][a-zA-Z0-9_]*$/, { error: 'must start with a letter' })
      .max(128)
      .optional()
      .describe('Put before each name when a whole object is taken. Default: nothing.'),
    secretKeyRef: KeyReference.optional().describe('One key of a Secret.'),
    configMapKeyRef: KeyReference.optional().describe('One key of a ConfigMap.'),
    secretRef: ObjectReference.optional().describe('All keys of a Secret.'),
    configMapRef: ObjectReference.optional().describe('All keys of a ConfigMap.'),
  }),
  SOURCE_RULES,
);

/** Variables out of Secrets and ConfigMaps. */
export const EnvironmentFrom = z
  .array(Source)
  .max(64)
  .describe(
    'Variables out of Secrets and ConfigMaps (cluster only), read when an execution environment is assigned: later entries win over earlier ones, `variables` win over all. Of a whole object, keys that are no names of variables are left out. A change of the Secret alone makes no new revision.',
  );
