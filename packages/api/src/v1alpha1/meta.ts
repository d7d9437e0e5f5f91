/** The API group of all kinds. */
export const GROUP = 'mayfly.dev';
/** `apiVersion` of all kinds of this folder. */
export const API_VERSION = `${GROUP}/v1alpha1`;

/** When the Lambda API was last asked to change a Function or an EventSourceMapping (RFC 3339, in UTC with milliseconds). */
export const LAST_MODIFIED_ANNOTATION = `${GROUP}/last-modified`;

/** When the Lambda API has made the URL of a Function or an Alias (RFC 3339). Without it, the age of the object holds. */
export const URL_CREATED_ANNOTATION = `${GROUP}/url-created`;
/** When the Lambda API last changed that URL (RFC 3339). */
export const URL_MODIFIED_ANNOTATION = `${GROUP}/url-modified`;

/** When the Lambda API was last asked to change `spec.eventInvokeConfig` of an object (RFC 3339, in UTC with milliseconds). */
export const EVENT_INVOKE_CONFIG_MODIFIED_ANNOTATION = `${GROUP}/event-invoke-config-modified`;

/** Whose object another one is: it goes when the owner goes. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** The part of Kubernetes' ObjectMeta that Mayfly reads and writes. Times are RFC 3339. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  /** Opaque, changes with every write; a write that names an old one is refused with 409. */
  readonly resourceVersion: string;
  /** Counts changes of `spec`. */
  readonly generation: number;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
  readonly finalizers?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
}

/** What a client may send as metadata when it creates an object. */
export interface ObjectMetaInput {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly OwnerReference[];
}

/** A custom resource of ours: `Spec` is the user's wish, `Status` what the operator saw. */
export interface Resource<Kind extends string, Spec, Status> {
  readonly apiVersion: string;
  readonly kind: Kind;
  readonly metadata: ObjectMeta;
  readonly spec: Spec;
  readonly status?: Status;
}
