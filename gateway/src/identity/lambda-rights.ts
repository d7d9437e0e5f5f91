import type { OperationName } from '@mayfly/lambda-api/contract';

/** Verbs of Kubernetes that rights here are made of; `invoke` is ours. */
export type RightVerb = 'get' | 'list' | 'create' | 'update' | 'delete' | 'invoke';

/** Resources of `mayfly.dev`; of those that are no kinds, only rights are asked. */
export type RightResource =
  | 'functions'
  | 'versions'
  | 'aliases'
  | 'eventsourcemappings'
  | 'layerversions'
  | 'codesigningconfigs'
  | 'capacityproviders'
  | 'accountsettings';

/** What somebody must be allowed in Kubernetes to do something in Lambda. */
export interface Right {
  readonly verb: RightVerb;
  readonly resource: RightResource;
}

const READ: Right = { verb: 'get', resource: 'functions' };
const LIST: Right = { verb: 'list', resource: 'functions' };
const CHANGE: Right = { verb: 'update', resource: 'functions' };
const INVOKE: Right = { verb: 'invoke', resource: 'functions' };

function on(resource: RightResource, verb: RightVerb): Right {
  return { verb, resource };
}

/** The right that every operation asks for. */
export const OPERATION_RIGHTS: Readonly<Record<OperationName, Right>> = {
  AddLayerVersionPermission: on('layerversions', 'update'),
  AddPermission: CHANGE,
  CheckpointDurableExecution: CHANGE,
  CreateAlias: on('aliases', 'create'),
  CreateCapacityProvider: on('capacityproviders', 'create'),
  CreateCodeSigningConfig: on('codesigningconfigs', 'create'),
  CreateEventSourceMapping: on('eventsourcemappings', 'create'),
  CreateFunction: on('functions', 'create'),
  CreateFunctionUrlConfig: CHANGE,
  DeleteAlias: on('aliases', 'delete'),
  DeleteCapacityProvider: on('capacityproviders', 'delete'),
  DeleteCodeSigningConfig: on('codesigningconfigs', 'delete'),
  DeleteDurableExecution: CHANGE,
  DeleteEventSourceMapping: on('eventsourcemappings', 'delete'),
  DeleteFunction: on('functions', 'delete'),
  // These take away a part of a function, and leave it.
  DeleteFunctionCodeSigningConfig: CHANGE,
  DeleteFunctionConcurrency: CHANGE,
  DeleteFunctionEventInvokeConfig: CHANGE,
  DeleteFunctionUrlConfig: CHANGE,
  DeleteLayerVersion: on('layerversions', 'delete'),
  DeleteProvisionedConcurrencyConfig: CHANGE,
  DeleteResourcePolicy: CHANGE,
  GetAccountSettings: on('accountsettings', 'get'),
  GetAlias: on('aliases', 'get'),
  GetCapacityProvider: on('capacityproviders', 'get'),
  GetCodeSigningConfig: on('codesigningconfigs', 'get'),
  GetDurableExecution: READ,
  GetDurableExecutionHistory: READ,
  GetDurableExecutionState: READ,
  GetEventSourceMapping: on('eventsourcemappings', 'get'),
  GetFunction: READ,
  GetFunctionCodeSigningConfig: READ,
  GetFunctionConcurrency: READ,
  GetFunctionConfiguration: READ,
  GetFunctionEventInvokeConfig: READ,
  GetFunctionRecursionConfig: READ,
  GetFunctionScalingConfig: READ,
  GetFunctionUrlConfig: READ,
  GetLayerVersion: on('layerversions', 'get'),
  GetLayerVersionByArn: on('layerversions', 'get'),
  GetLayerVersionPolicy: on('layerversions', 'get'),
  GetPolicy: READ,
  GetProvisionedConcurrencyConfig: READ,
  GetResourcePolicy: READ,
  GetRuntimeManagementConfig: READ,
  Invoke: INVOKE,
  InvokeAsync: INVOKE,
  InvokeWithResponseStream: INVOKE,
  ListAliases: on('aliases', 'list'),
  ListCapacityProviders: on('capacityproviders', 'list'),
  ListCodeSigningConfigs: on('codesigningconfigs', 'list'),
  ListDurableExecutionsByFunction: READ,
  ListEventSourceMappings: on('eventsourcemappings', 'list'),
  ListFunctionEventInvokeConfigs: READ,
  ListFunctionUrlConfigs: READ,
  ListFunctionVersionsByCapacityProvider: LIST,
  ListFunctions: LIST,
  ListFunctionsByCodeSigningConfig: LIST,
  ListLayerVersions: on('layerversions', 'list'),
  ListLayers: on('layerversions', 'list'),
  ListProvisionedConcurrencyConfigs: READ,
  ListTags: READ,
  ListVersionsByFunction: on('versions', 'list'),
  PauseDurableExecution: CHANGE,
  PublishLayerVersion: on('layerversions', 'create'),
  PublishVersion: on('versions', 'create'),
  PutFunctionCodeSigningConfig: CHANGE,
  PutFunctionConcurrency: CHANGE,
  PutFunctionEventInvokeConfig: CHANGE,
  PutFunctionRecursionConfig: CHANGE,
  PutFunctionScalingConfig: CHANGE,
  PutProvisionedConcurrencyConfig: CHANGE,
  PutResourcePolicy: CHANGE,
  PutRuntimeManagementConfig: CHANGE,
  RemoveLayerVersionPermission: on('layerversions', 'update'),
  RemovePermission: CHANGE,
  ResumeDurableExecution: CHANGE,
  SendDurableExecutionCallbackFailure: CHANGE,
  SendDurableExecutionCallbackHeartbeat: CHANGE,
  SendDurableExecutionCallbackSuccess: CHANGE,
  StopDurableExecution: CHANGE,
  TagResource: CHANGE,
  UntagResource: CHANGE,
  UpdateAlias: on('aliases', 'update'),
  UpdateCapacityProvider: on('capacityproviders', 'update'),
  UpdateCodeSigningConfig: on('codesigningconfigs', 'update'),
  UpdateEventSourceMapping: on('eventsourcemappings', 'update'),
  UpdateFunctionCode: CHANGE,
  UpdateFunctionConfiguration: CHANGE,
  UpdateFunctionEventInvokeConfig: CHANGE,
  UpdateFunctionUrlConfig: CHANGE,
};

/** Actions of IAM that are not named as their operation is. */
const OTHER_ACTIONS: Partial<Record<OperationName, string>> = {
  Invoke: 'lambda:InvokeFunction',
  InvokeAsync: 'lambda:InvokeFunction',
  InvokeWithResponseStream: 'lambda:InvokeFunction',
  GetLayerVersionByArn: 'lambda:GetLayerVersion',
};

/** The action of IAM that an operation needs: what policies and refusals name. */
export function actionOf(operation: OperationName): string {
  return OTHER_ACTIONS[operation] ?? `lambda:${operation}`;
}

const RIGHT_BY_ACTION: ReadonlyMap<string, Right> = new Map([
  ['lambda:InvokeFunctionUrl', INVOKE],
  ...Object.entries(OPERATION_RIGHTS).map(
    ([operation, right]) => [actionOf(operation as OperationName), right] as const,
  ),
]);

/** The right that an action asks for. @throws Error for what is no action */
export function rightFor(action: string): Right {
  const right = RIGHT_BY_ACTION.get(action);
  if (right === undefined) throw new Error(`finding the right for ${action}`);
  return right;
}
