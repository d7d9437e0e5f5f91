import { API_VERSION, applyDefaults, GROUP, validateObject } from '@mayfly/api';
import type { Kind, ResourceKinds, ResourceStore } from '@mayfly/core';
import type { FastifyInstance } from 'fastify';
import { kindOfPlural, type KindNames } from '../resource-kinds.ts';
import { EMBEDDED_NAMESPACE } from './api-paths.ts';
import { ApiStatusError, toSuccess } from './api-status.ts';
import {
  type ObjectBody,
  type ObjectTarget,
  parseObjectBody,
  refuseProblems,
  type SpecProblem,
  toNewObject,
  toUpdatedObject,
} from './object-body.ts';

/** What the routes of objects need. */
export interface ObjectRoutesDeps {
  readonly store: ResourceStore;
  readonly validate: (kind: Kind, spec: unknown) => readonly SpecProblem[];
}

interface Params {
  namespace: string;
  plural: string;
  name: string;
}

const COLLECTION = `/apis/${API_VERSION}/namespaces/:namespace/:plural`;

/** Adds list, get, create, update and delete at Kubernetes' paths. */
export function registerObjectRoutes(server: FastifyInstance, deps: ObjectRoutesDeps): void {
  const { store } = deps;
  server.get<{ Params: Params }>(COLLECTION, async (request) => {
    const target = toTarget(request.params);
    const { items, resourceVersion } = await store.list(target.names.kind);
    return {
      apiVersion: API_VERSION,
      kind: `${target.names.kind}List`,
      metadata: { resourceVersion },
      items: items.filter((item) => item.metadata.namespace === target.namespace),
    };
  });
  server.get<{ Params: Params }>(`${COLLECTION}/:name`, async (request) =>
    getExisting(store, toNamedTarget(request.params)),
  );
  server.post<{ Params: Params }>(COLLECTION, async (request, reply) => {
    const target = toTarget(request.params);
    const body = parseValidBody(deps, target, request.body);
    refuseRuleBreaks(target, body);
    return reply.code(201).send(await store.create(toNewObject(body, target)));
  });
  server.put<{ Params: Params }>(`${COLLECTION}/:name`, async (request) => {
    const target = toNamedTarget(request.params);
    const body = parseValidBody(deps, target, request.body);
    const current = await getExisting(store, target);
    refuseRuleBreaks(target, body, current);
    return store.update(toUpdatedObject(current, body, target));
  });
  server.delete<{ Params: Params }>(`${COLLECTION}/:name`, async (request) => {
    const target = toNamedTarget(request.params);
    await getExisting(store, target);
    await store.delete(target.names.kind, target);
    return toSuccess({ kind: target.names.kind, name: target.name });
  });
}

function parseValidBody(
  deps: ObjectRoutesDeps,
  target: ObjectTarget,
  requestBody: unknown,
): ObjectBody {
  const body = parseObjectBody(requestBody, target);
  refuseProblems(target.names, body.metadata.name, deps.validate(target.names.kind, body.spec));
  return body;
}

// What CEL rules of the CRD refuse on an API server: fields that contradict each other or must not change.
function refuseRuleBreaks(
  { names }: ObjectTarget,
  body: ObjectBody,
  current?: ResourceKinds[Kind],
): void {
  const { metadata } = body;
  const object = { metadata, spec: applyDefaults(names.kind, body.spec) };
  const problems = validateObject(names.kind, object, current);
  refuseProblems(names, metadata.name, problems);
}

type NamedTarget = ObjectTarget & { readonly name: string };

async function getExisting(
  store: ResourceStore,
  target: NamedTarget,
): Promise<ResourceKinds[Kind]> {
  const object = await store.get(target.names.kind, target);
  if (object !== undefined) return object;
  throw notFound(target.names, target.name);
}

/** The answer for an object that does not exist, in Kubernetes' words. */
export function notFound(names: KindNames, name: string): ApiStatusError {
  return new ApiStatusError('NotFound', `${names.plural}.${GROUP} "${name}" not found`, {
    kind: names.kind,
    name,
  });
}

function toTarget(params: Params): ObjectTarget {
  const names = kindOfPlural(params.plural);
  if (names === undefined) {
    throw new ApiStatusError('NotFound', `there is no kind "${params.plural}" in ${API_VERSION}`);
  }
  refuseOtherNamespaces(params.namespace);
  return { names, namespace: params.namespace };
}

function toNamedTarget(params: Params): NamedTarget {
  return { ...toTarget(params), name: params.name };
}

/**
 * Refuses namespaces that do not exist here.
 * @throws ApiStatusError `NotFound`
 */
export function refuseOtherNamespaces(namespace: string): void {
  if (namespace === EMBEDDED_NAMESPACE) return;
  throw new ApiStatusError(
    'NotFound',
    `namespace "${namespace}" not found: the embedded mode serves one namespace, ${EMBEDDED_NAMESPACE}`,
  );
}
