import { LambdaError } from '../errors.ts';
import { CONTRACT } from './contract.ts';
import type { OperationName } from './generated/lambda-2015-03-31.ts';

/** Which operation a request asks for. */
export type OperationMatch =
  | {
      readonly kind: 'matched';
      readonly operation: OperationName;
      /** Decoded values of the labels of its path. */
      readonly pathParameters: Readonly<Record<string, string>>;
    }
  /** Operations lie at the path, none with that method. */
  | { readonly kind: 'methodNotAllowed'; readonly allowed: readonly string[] }
  | { readonly kind: 'unknown' };

interface Route {
  readonly operation: OperationName;
  readonly method: string;
  readonly labels: readonly string[];
  /** Parameters that the query must hold. */
  readonly fixedQuery: readonly (readonly [string, string])[];
}

interface RouteNode {
  readonly literals: Map<string, RouteNode>;
  label: RouteNode | undefined;
  /** Below a label that takes the rest of the path, slashes and all. */
  greedy: RouteNode | undefined;
  readonly routes: Route[];
}

interface Found {
  readonly routes: readonly Route[];
  readonly values: readonly string[];
}

const LABEL = /^\{(?<name>\w+)(?<greedy>\+?)\}$/;
const ROOT = buildTree();

function makeNode(): RouteNode {
  return { literals: new Map(), label: undefined, greedy: undefined, routes: [] };
}

function buildTree(): RouteNode {
  const root = makeNode();
  for (const [name, { method, path }] of Object.entries(CONTRACT.operations)) {
    const [template = '', query = ''] = path.split('?');
    const labels: string[] = [];
    let node = root;
    for (const segment of toSegments(template)) node = descend(node, segment, labels);
    node.routes.push({
      operation: name as OperationName,
      method,
      labels,
      fixedQuery: [...new URLSearchParams(query)],
    });
    // What asks for more is tried first.
    node.routes.sort((a, b) => b.fixedQuery.length - a.fixedQuery.length);
  }
  return root;
}

function descend(node: RouteNode, segment: string, labels: string[]): RouteNode {
  const groups = LABEL.exec(segment)?.groups;
  if (groups === undefined) {
    const next = node.literals.get(segment) ?? makeNode();
    node.literals.set(segment, next);
    return next;
  }
  labels.push(groups['name'] ?? '');
  if (groups['greedy'] === '+') return (node.greedy ??= makeNode());
  return (node.label ??= makeNode());
}

/** A slash at the end says nothing: some clients write one. */
function toSegments(path: string): readonly string[] {
  return path.replace(/^\//, '').replace(/\/$/, '').split('/');
}

/**
 * Finds the operation of a request by the templates of the contract.
 * @param target path as it stands in the request line, still encoded, with its query if it has one
 */
export function matchOperation(method: string, target: string): OperationMatch {
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  const query = new URLSearchParams(mark === -1 ? '' : target.slice(mark));
  if (!path.startsWith('/')) return { kind: 'unknown' };
  const found = find(ROOT, toSegments(path), []);
  if (found === undefined) return { kind: 'unknown' };
  const atPath = found.routes.filter(({ fixedQuery }) =>
    fixedQuery.every(([name, value]) => query.getAll(name).includes(value)),
  );
  const route = atPath.find((candidate) => candidate.method === method);
  if (route === undefined) {
    if (atPath.length === 0) return { kind: 'unknown' };
    return {
      kind: 'methodNotAllowed',
      allowed: [...new Set(atPath.map((each) => each.method))].toSorted(),
    };
  }
  const pathParameters = Object.fromEntries(
    route.labels.map((label, index) => [label, decode(found.values[index] ?? '')]),
  );
  return { kind: 'matched', operation: route.operation, pathParameters };
}

/** The error for a request that asks for no operation. */
export function toRouteError(
  { method, target }: { readonly method: string; readonly target: string },
  match: Exclude<OperationMatch, { readonly kind: 'matched' }>,
): LambdaError {
  const [path = ''] = target.split('?', 1);
  if (match.kind === 'methodNotAllowed') {
    return new LambdaError(
      'MethodNotAllowedException',
      `${method} is no method of ${path}. There is ${match.allowed.join(', ')}.`,
    );
  }
  return new LambdaError(
    'UnknownOperationException',
    `There is no operation at ${method} ${path}.`,
  );
}

/** The node of the path. Words of the contract win over labels, labels over labels that take all. */
function find(
  node: RouteNode,
  segments: readonly string[],
  values: readonly string[],
): Found | undefined {
  const [segment, ...rest] = segments;
  if (segment === undefined) {
    return node.routes.length === 0 ? undefined : { routes: node.routes, values };
  }
  const literal = node.literals.get(segment);
  const found = literal && find(literal, rest, values);
  if (found !== undefined || segment === '') return found;
  const labelled = node.label && find(node.label, rest, [...values, segment]);
  return labelled ?? (node.greedy && findGreedy(node.greedy, segments, values));
}

/** The shortest end of the path that the rest of the template takes. */
function findGreedy(
  node: RouteNode,
  segments: readonly string[],
  values: readonly string[],
): Found | undefined {
  for (let taken = segments.length; taken > 0; taken -= 1) {
    const value = segments.slice(0, taken).join('/');
    const found = find(node, segments.slice(taken), [...values, value]);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What is no percent-encoding stays as it is: the pattern of the member refuses it in AWS's words. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
