import { EPHEMERAL_STORAGE_DEFAULT, type FunctionSpec } from '../v1alpha1/function.ts';
import type { Problem } from './problem.ts';

/** Where functions run: in one process on a machine, or in pods of a cluster. */
export type Platform = 'embedded' | 'cluster';

interface PlatformField {
  readonly path: string;
  readonly platform: Platform;
  readonly message: string;
  readonly isSet: (spec: FunctionSpec) => boolean;
}

const NEEDS_CLUSTER = 'is served in a cluster only: leave it out';
const ARCHIVE_NEEDS_CLUSTER =
  'is served in a cluster only: download the archive and use spec.code.zip.path';

/** Fields that only one of the two platforms can serve. */
const PLATFORM_FIELDS: readonly PlatformField[] = [
  onCluster('spec.podTemplate', (spec) => spec.podTemplate),
  onCluster('spec.serviceAccountName', (spec) => spec.serviceAccountName),
  {
    path: 'spec.ephemeralStorage',
    platform: 'cluster',
    message: 'is served in a cluster only, but for its default: leave it out',
    isSet: ({ ephemeralStorage = EPHEMERAL_STORAGE_DEFAULT }) =>
      ephemeralStorage !== EPHEMERAL_STORAGE_DEFAULT,
  },
  onCluster('spec.environment.from', (spec) => spec.environment?.from),
  onCluster(
    'spec.code.image',
    (spec) => spec.code.image,
    'is served in a cluster only: use spec.code.zip.path or spec.code.inline',
  ),
  onCluster('spec.code.zip.url', (spec) => spec.code.zip?.url, ARCHIVE_NEEDS_CLUSTER),
  onCluster('spec.code.zip.s3', (spec) => spec.code.zip?.s3, ARCHIVE_NEEDS_CLUSTER),
  onCluster('spec.code.zip.configMap', (spec) => spec.code.zip?.configMap, ARCHIVE_NEEDS_CLUSTER),
  onCluster('spec.code.zip.oci', (spec) => spec.code.zip?.oci, ARCHIVE_NEEDS_CLUSTER),
  {
    path: 'spec.code.zip.path',
    platform: 'embedded',
    message:
      'names a file on the machine of `mayfly start`; in a cluster use spec.code.inline or spec.code.zip with url, s3, configMap, store or oci',
    isSet: (spec) => spec.code.zip?.path !== undefined,
  },
];

function onCluster(
  path: string,
  read: (spec: FunctionSpec) => unknown,
  message = NEEDS_CLUSTER,
): PlatformField {
  return { path, platform: 'cluster', message, isSet: (spec) => read(spec) !== undefined };
}

/** The fields of a valid spec that this platform cannot serve, each with what to do instead. */
export function findUnservedFields(spec: FunctionSpec, platform: Platform): readonly Problem[] {
  return PLATFORM_FIELDS.filter((field) => field.platform !== platform && field.isSet(spec)).map(
    ({ path, message }) => ({ path, message }),
  );
}
