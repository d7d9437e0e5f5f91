import { createHash } from 'node:crypto';
import {
  EPHEMERAL_STORAGE_DEFAULT,
  functionNameOf,
  LAST_MODIFIED_ANNOTATION,
  type FunctionResource,
  type ServedRevision,
  type VersionResource,
} from '@mayfly/api';
import { LATEST, makeFunctionArn } from '@mayfly/lambda-api';
import type { FunctionConfiguration } from '@mayfly/lambda-api/contract';
import type { ApiSite } from '../operation.ts';
import { toLayers } from './function-layers.ts';
import { toRevisionId } from './revision-id.ts';

/** A function, or a version of one, and the ARN that it was asked for by. */
export interface ConfiguredFunction {
  readonly fn: FunctionResource;
  /** Undefined: `$LATEST`. */
  readonly version: VersionResource | undefined;
  readonly arn: string;
}

type Configuration = ServedRevision['configuration'];
type Update = Pick<
  FunctionConfiguration,
  | 'State'
  | 'StateReason'
  | 'StateReasonCode'
  | 'LastUpdateStatus'
  | 'LastUpdateStatusReason'
  | 'LastUpdateStatusReasonCode'
>;

/** What Lambda says of a function that is on its way. */
export const CREATING = {
  State: 'Pending',
  StateReason: 'The function is being created.',
  StateReasonCode: 'Creating',
} as const satisfies Update;

/** What Lambda says of a function whose code or configuration has just been changed. */
export const UPDATING = {
  State: 'Active',
  LastUpdateStatus: 'InProgress',
  LastUpdateStatusReason: 'The function is being created.',
  // Lambda says it, though its model has no such value.
  LastUpdateStatusReasonCode: 'Creating' as 'InternalError',
} as const satisfies Update;

/** The configuration as the API says it. Of `$LATEST` it is what was asked for last, served or not. */
export function toFunctionConfiguration(
  { fn, version, arn }: ConfiguredFunction,
  site: ApiSite,
): FunctionConfiguration {
  const { snapshot, version: number } = version?.spec ?? {};
  if (version === undefined || snapshot === undefined || number === undefined) {
    return toLatestConfiguration(fn, arn, site);
  }
  return {
    ...toSettings(fn, snapshot.configuration, site),
    ...toLayers(snapshot.configuration.layers, snapshot.layers),
    FunctionArn: arn,
    Version: number.toString(),
    Description:
      version.spec.description === ''
        ? snapshot.configuration.description
        : version.spec.description,
    CodeSha256: snapshot.codeSha256,
    CodeSize: snapshot.codeSize,
    State: 'Active',
    LastUpdateStatus: 'Successful',
    LastModified: toLambdaTime(version.status?.lastModified ?? version.metadata.creationTimestamp),
    RevisionId: toRevisionId(version.metadata),
  };
}

/** A version as CreateFunction and UpdateFunctionCode answer it with `Publish`: on its way, whatever it is by now. */
export function toPublished(
  fn: FunctionResource,
  version: VersionResource,
  site: ApiSite,
): FunctionConfiguration {
  const functionName = functionNameOf(fn);
  const arn = makeFunctionArn({ ...site, functionName }, (version.spec.version ?? 0).toString());
  const { LastUpdateStatus: _status, ...said } = toFunctionConfiguration(
    { fn, version, arn },
    site,
  );
  return { ...said, ...CREATING };
}

function toLatestConfiguration(
  fn: FunctionResource,
  arn: string,
  site: ApiSite,
): FunctionConfiguration {
  const { metadata, spec, status } = fn;
  return {
    ...toSettings(fn, spec, site),
    ...toLayers(spec.layers, status?.served?.layers),
    FunctionArn: arn,
    Version: LATEST,
    CodeSha256: codeSha256Of(fn),
    CodeSize: status?.codeSize ?? 0,
    ...toState(fn),
    LastModified: toLambdaTime(status?.lastModified ?? metadata.creationTimestamp),
    RevisionId: revisionIdOf(fn),
  };
}

/** Of the code that was asked for last, where the spec says it. */
function codeSha256Of(fn: FunctionResource): string | undefined {
  const stored = fn.spec.code.zip?.store;
  const served = fn.status?.codeSha256;
  return isUpdating(fn) ? (stored ?? served) : (served ?? stored);
}

/** The `RevisionId` of `$LATEST`. */
export function revisionIdOf(fn: FunctionResource): string {
  const settled = isUpdating(fn) ? undefined : fn.status?.revisionId;
  return settled ?? toRevisionId(fn.metadata, fn.metadata.resourceVersion);
}

/** Whether the operator has yet to say what becomes of the last change. */
export function isUpdating({ metadata, status }: FunctionResource): boolean {
  if (status === undefined || status.lastUpdateStatus === 'InProgress') return true;
  if ((status.observedGeneration ?? 0) < metadata.generation) return true;
  // Asked for once more as it is: that is an update too, unless nothing of it can be served anyway.
  const asked = metadata.annotations?.[LAST_MODIFIED_ANNOTATION] ?? '';
  return status.lastUpdateStatus === 'Successful' && asked > (status.lastModified ?? '');
}

function toState(fn: FunctionResource): Update {
  const { status } = fn;
  const isServed = status?.served !== undefined;
  if (!isServed && status?.state !== 'Failed') return CREATING;
  if (!isServed) {
    const { stateReason } = status;
    return {
      State: 'Failed',
      StateReason: stateReason,
      StateReasonCode: toReasonCode(status.stateReasonCode),
    };
  }
  if (isUpdating(fn)) return UPDATING;
  if (status.lastUpdateStatus !== 'Failed')
    return { State: 'Active', LastUpdateStatus: 'Successful' };
  return {
    State: 'Active',
    LastUpdateStatus: 'Failed',
    LastUpdateStatusReason: status.lastUpdateStatusReason,
    LastUpdateStatusReasonCode: toReasonCode(status.lastUpdateStatusReasonCode),
  };
}

type ReasonCode =
  'ImageAccessDenied' | 'InvalidImage' | 'InvalidZipFileException' | 'InvalidConfiguration';

/** The reasons that Lambda has a constant for. */
const REASON_CODES: Readonly<Record<string, ReasonCode>> = {
  ImageAccessDenied: 'ImageAccessDenied',
  PullSecretNotFound: 'ImageAccessDenied',
  ImageNotFound: 'InvalidImage',
  InvalidImage: 'InvalidImage',
  ImageArchitectureMismatch: 'InvalidImage',
  InvalidZipFile: 'InvalidZipFileException',
  UnsafeArchive: 'InvalidZipFileException',
};

function toReasonCode(reason: string | undefined): ReasonCode {
  return REASON_CODES[reason ?? ''] ?? 'InvalidConfiguration';
}

function toSettings(
  fn: FunctionResource,
  settings: Configuration,
  site: ApiSite,
): FunctionConfiguration {
  const functionName = functionNameOf(fn);
  const { runtime, handler, environment, packageType } = settings;
  return {
    FunctionName: functionName,
    PackageType: packageType,
    ...(packageType === 'Zip' ? { Runtime: runtime, Handler: handler } : {}),
    Role: settings.role ?? defaultRole(site),
    Description: settings.description,
    Timeout: settings.timeout,
    MemorySize: settings.memorySize,
    Architectures: settings.architectures ?? ['x86_64'],
    EphemeralStorage: { Size: settings.ephemeralStorage ?? EPHEMERAL_STORAGE_DEFAULT },
    ...(environment?.variables === undefined
      ? {}
      : { Environment: { Variables: environment.variables } }),
    LoggingConfig: toLoggingConfig(settings.loggingConfig, functionName),
    TracingConfig: { Mode: 'PassThrough' },
    SnapStart: { ApplyOn: 'None', OptimizationStatus: 'Off' },
    ...(runtime === undefined
      ? {}
      : { RuntimeVersionConfig: { RuntimeVersionArn: toRuntimeArn(runtime, site) } }),
    ...(packageType === 'Image' ? toImageConfig(fn) : {}),
  };
}

/** Every function has a role in the API; that of a manifest need not name one. */
function defaultRole({ accountId }: ApiSite): string {
  return `arn:aws:iam::${accountId}:role/mayfly`;
}

function toLoggingConfig(
  logging: Configuration['loggingConfig'],
  functionName: string,
): FunctionConfiguration['LoggingConfig'] {
  const { logFormat = 'Text', logGroup = `/aws/lambda/${functionName}` } = logging ?? {};
  if (logFormat === 'Text') return { LogFormat: logFormat, LogGroup: logGroup };
  return {
    LogFormat: logFormat,
    ApplicationLogLevel: logging?.applicationLogLevel ?? 'INFO',
    SystemLogLevel: logging?.systemLogLevel ?? 'INFO',
    LogGroup: logGroup,
  };
}

/** Lambda's names the patch release; ours names the identifier, whose release the installation decides. */
function toRuntimeArn(runtime: string, { region }: ApiSite): string {
  const hash = createHash('sha256').update(runtime).digest('hex');
  return `arn:aws:lambda:${region}::runtime:${hash}`;
}

function toImageConfig({
  spec,
}: FunctionResource): Pick<FunctionConfiguration, 'ImageConfigResponse'> {
  const { entryPoint, command, workingDirectory } = spec.code.image ?? {};
  if ([entryPoint, command, workingDirectory].every((each) => each === undefined)) return {};
  return {
    ImageConfigResponse: {
      ImageConfig: { EntryPoint: entryPoint, Command: command, WorkingDirectory: workingDirectory },
    },
  };
}

/** `2026-01-02T03:04:05.678Z` → `2026-01-02T03:04:05.678+0000` */
export function toLambdaTime(iso: string): string {
  return new Date(iso).toISOString().replace('Z', '+0000');
}
