/** Where a right holds. */
export type Scope =
  /** In every namespace. */
  | 'cluster'
  /** Where Functions are: every namespace, or those of `functions.namespaces`. */
  | 'functions'
  /** The namespace that the Lambda API shows: `apiNamespace`. */
  | 'api'
  /** In the release's own namespace. */
  | 'system';

/** What a program asks of the API server, and why. */
export interface Need {
  readonly scope: Scope;
  readonly group: string;
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  /** Only these objects; `<fullname>` stands before each. */
  readonly names?: readonly string[];
  /** The source that makes the requests. */
  readonly source: string;
  readonly why: string;
}

const KINDS = [
  'functions',
  'versions',
  'aliases',
  'eventsourcemappings',
  'layerversions',
  'codesigningconfigs',
];

/** The rights of the operator. */
export const OPERATOR_NEEDS: readonly Need[] = [
  {
    scope: 'cluster',
    group: 'mayfly.dev',
    resources: KINDS,
    verbs: ['list', 'watch'],
    source: 'packages/kube/src/kube-resource-store.ts',
    why: 'judges every object',
  },
  {
    scope: 'cluster',
    group: 'mayfly.dev',
    resources: ['functions', 'versions', 'layerversions'],
    verbs: ['update'],
    source: 'packages/kube/src/kube-resource-store.ts',
    why: 'sets and removes finalizers; fills a Version once, and numbers a LayerVersion',
  },
  {
    scope: 'cluster',
    group: 'mayfly.dev',
    resources: ['versions'],
    verbs: ['create', 'delete'],
    source: 'packages/kube/src/kube-resource-store.ts',
    why: 'publish: OnChange makes them, versionHistoryLimit and the end of their Function delete them',
  },
  {
    scope: 'cluster',
    group: 'mayfly.dev',
    resources: KINDS.map((kind) => `${kind}/status`),
    verbs: ['update'],
    source: 'packages/kube/src/kube-resource-store.ts',
    why: 'conditions, and what gateways serve',
  },
  {
    scope: 'cluster',
    group: '',
    resources: ['pods'],
    verbs: ['list', 'watch'],
    source: 'packages/kube/src/pod-api.ts',
    why: 'follows execution environments by their labels, in all namespaces at once',
  },
  {
    scope: 'functions',
    group: '',
    resources: ['pods'],
    verbs: ['create', 'delete', 'patch'],
    source: 'packages/kube/src/pod-api.ts',
    why: 'makes and ends execution environments; marks a spare one as assigned',
  },
  {
    scope: 'functions',
    group: '',
    resources: ['pods/resize'],
    verbs: ['patch'],
    source: 'packages/kube/src/pod-api.ts',
    why: 'memory of a spare one, CPU after init',
  },
  {
    scope: 'functions',
    group: '',
    resources: ['secrets', 'configmaps'],
    verbs: ['get'],
    source: 'packages/kube/src/secret-api.ts',
    why: 'environment.from and code.zip.configMap name any of them',
  },
  {
    scope: 'functions',
    group: 'networking.k8s.io',
    resources: ['networkpolicies'],
    verbs: ['create', 'patch', 'delete'],
    source: 'packages/kube/src/apply-object.ts',
    why: 'applies the policy of execution environments (an applying patch may create), removes it with the last Function',
  },
  {
    scope: 'functions',
    group: 'events.k8s.io',
    resources: ['events'],
    verbs: ['create'],
    source: 'packages/kube/src/event-recorder.ts',
    why: 'says beside the Function what went wrong',
  },
  {
    scope: 'system',
    group: 'coordination.k8s.io',
    resources: ['leases'],
    verbs: ['create'],
    source: 'packages/kube/src/lease.ts',
    why: 'leader election; a creation cannot be held to a name',
  },
  {
    scope: 'system',
    group: 'coordination.k8s.io',
    resources: ['leases'],
    verbs: ['get', 'update'],
    names: ['operator'],
    source: 'packages/kube/src/lease.ts',
    why: 'leader election',
  },
  {
    scope: 'system',
    group: '',
    resources: ['secrets'],
    verbs: ['create'],
    source: 'packages/kube/src/secret-api.ts',
    why: 'certificates and keys of the platform; a creation cannot be held to a name',
  },
  {
    scope: 'system',
    group: '',
    resources: ['secrets'],
    verbs: ['get', 'patch'],
    names: ['ca', 'operator-tls', 'gateway-tls', 'cluster-key'],
    source: 'packages/kube/src/secret-api.ts',
    why: 'reads and rotates them',
  },
  {
    scope: 'system',
    group: '',
    resources: ['secrets'],
    verbs: ['list', 'watch'],
    names: ['operator-tls', 'gateway-tls'],
    source: 'packages/kube/src/secret-api.ts',
    why: 'follows both certificates of the fleet link; list and watch of one name alone',
  },
  {
    scope: 'system',
    group: '',
    resources: ['configmaps'],
    verbs: ['create', 'get', 'patch'],
    source: 'packages/kube/src/kube-version-numbers.ts',
    why: 'counts versions: one ConfigMap for each namespace of Functions, so that names are not known before',
  },
  {
    scope: 'system',
    group: '',
    resources: ['pods'],
    verbs: ['patch'],
    source: 'packages/kube/src/pod-api.ts',
    why: 'labels itself as the leader',
  },
];

/** The rights of the gateway: it writes nothing. */
export const GATEWAY_NEEDS: readonly Need[] = [
  {
    scope: 'cluster',
    group: 'mayfly.dev',
    resources: KINDS,
    verbs: ['list', 'watch'],
    source: 'packages/kube/src/kube-resource-store.ts',
    why: 'knows what there is to call, and answers the Lambda API',
  },
  {
    scope: 'api',
    group: 'mayfly.dev',
    resources: KINDS,
    verbs: ['get', 'create', 'update', 'delete'],
    source: 'packages/kube/src/kube-resource-store.ts',
    why: 'writes what the Lambda API is asked for',
  },
  {
    scope: 'cluster',
    group: 'authentication.k8s.io',
    resources: ['tokenreviews'],
    verbs: ['create'],
    source: 'packages/kube/src/access-review-api.ts',
    why: 'asks whose token a request carries',
  },
  {
    scope: 'cluster',
    group: 'authorization.k8s.io',
    resources: ['subjectaccessreviews'],
    verbs: ['create'],
    source: 'packages/kube/src/access-review-api.ts',
    why: 'asks what the caller may do',
  },
  {
    scope: 'api',
    group: '',
    resources: ['secrets'],
    verbs: ['list', 'watch'],
    source: 'packages/kube/src/secret-api.ts',
    why: 'access keys are Secrets with a label, and rights cannot be held to one',
  },
  {
    scope: 'system',
    group: '',
    resources: ['secrets'],
    verbs: ['list', 'watch'],
    names: ['gateway-tls'],
    source: 'packages/kube/src/secret-api.ts',
    why: 'its certificate for the fleet link, and the token between gateways',
  },
];
