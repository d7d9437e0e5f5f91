import { CEL_KEY, GROUP, KINDS } from '@mayfly/api';
import type { KindDefinition, KindName } from '@mayfly/api';
import { withPlannedFields } from './planned-in-crd.ts';
import { toStructuralSchema } from './structural-schema.ts';

const VERSION = 'v1alpha1';

/** Name of the CRD object and of its file. */
export function crdName(kind: KindName): string {
  return `${KINDS[kind].plural}.${GROUP}`;
}

/** The CustomResourceDefinition of a kind. */
export function makeCrd(kind: KindName): object {
  const definition: KindDefinition = KINDS[kind];
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: crdName(kind) },
    spec: {
      group: GROUP,
      names: {
        kind,
        listKind: `${kind}List`,
        plural: definition.plural,
        singular: definition.singular,
        shortNames: definition.shortNames,
        categories: ['mayfly'],
      },
      scope: 'Namespaced',
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: definition.columns,
          schema: { openAPIV3Schema: makeRootSchema(kind) },
        },
      ],
    },
  };
}

function makeRootSchema(kind: KindName): object {
  const definition: KindDefinition = KINDS[kind];
  return {
    type: 'object',
    description: definition.description,
    required: ['spec'],
    [CEL_KEY]: definition.rules.map(({ rule, message, path }) => ({
      rule,
      message: `${path} ${message}`,
    })),
    properties: {
      apiVersion: { type: 'string', description: `${GROUP}/${VERSION}.` },
      kind: { type: 'string', description: 'Kind of the object.' },
      metadata: { type: 'object' },
      spec: withPlannedFields(kind, toStructuralSchema(definition.spec)),
      status: { ...toStructuralSchema(definition.status), description: 'What the operator saw.' },
    },
  };
}
