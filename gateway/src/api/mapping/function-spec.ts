import type { FunctionSpec } from '@mayfly/api';
import type {
  CreateFunctionRequest,
  ImageConfig,
  LoggingConfig,
  UpdateFunctionConfigurationRequest,
} from '@mayfly/lambda-api/contract';
import { invalid } from '../invalid.ts';
import { withoutAbsent } from './without-absent.ts';

type Settings = Omit<UpdateFunctionConfigurationRequest, 'FunctionName' | 'RevisionId'>;

/** The spec of a new Function, without its defaults. */
export function fromCreateFunctionRequest(
  input: CreateFunctionRequest,
  functionName: string,
  code: FunctionSpec['code'],
): Readonly<Record<string, unknown>> {
  const { PackageType = 'Zip', Architectures, Tags } = input;
  checkPackage(input, PackageType);
  return withoutAbsent({
    functionName,
    packageType: PackageType,
    architectures: Architectures,
    codeSigningConfigArn:
      input.CodeSigningConfigArn === '' ? undefined : input.CodeSigningConfigArn,
    tags: Tags,
    ...toSettings(input),
    loggingConfig: mergeLogging(undefined, input.LoggingConfig),
    code: mergeImageConfig(code, input.ImageConfig),
  });
}

/** The spec with what a request asks for; what it does not name stays. */
export function applySettings(spec: FunctionSpec, input: Settings): FunctionSpec {
  const { environment, loggingConfig, code } = spec;
  return withoutAbsent({
    ...spec,
    ...withoutAbsent(toSettings(input)),
    environment: mergeVariables(environment, input.Environment),
    loggingConfig: mergeLogging(loggingConfig, input.LoggingConfig),
    code: mergeImageConfig(code, input.ImageConfig),
  }) as FunctionSpec;
}

/** A request says the variables, and none takes them back; where else they come from only a manifest says. */
function mergeVariables(
  current: FunctionSpec['environment'],
  asked: Settings['Environment'],
): FunctionSpec['environment'] {
  if (asked === undefined) return current;
  const { Variables: variables = {} } = asked;
  const from = current?.from;
  if (from === undefined && Object.keys(variables).length === 0) return undefined;
  return { variables, ...withoutAbsent({ from }) };
}

function toSettings(input: Settings): Readonly<Record<string, unknown>> {
  const { Environment } = input;
  return {
    role: input.Role,
    runtime: input.Runtime,
    handler: input.Handler,
    description: input.Description,
    timeout: input.Timeout,
    memorySize: input.MemorySize,
    ephemeralStorage: input.EphemeralStorage?.Size,
    layers: input.Layers,
    environment: Environment === undefined ? undefined : { variables: Environment.Variables ?? {} },
  };
}

/** What an image brings along. */
function hasRuntimeParts({ Runtime, Handler, Layers = [] }: CreateFunctionRequest): boolean {
  return Runtime !== undefined || Handler !== undefined || Layers.length > 0;
}

/** What an archive needs and an image brings along. */
function checkPackage(input: CreateFunctionRequest, packageType: 'Zip' | 'Image'): void {
  const { Runtime, Handler, Code, ImageConfig } = input;
  if (packageType === 'Image') {
    if (hasRuntimeParts(input)) {
      throw invalid(
        "Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image.",
      );
    }
    if (Code.ImageUri === undefined)
      throw invalid('Please provide ImageUri when updating a function with packageType Image.');
    return;
  }
  if (Code.ImageUri !== undefined) {
    throw invalid("Please don't provide ImageUri when the intended function PackageType is Zip.");
  }
  if (ImageConfig !== undefined && Object.keys(ImageConfig).length > 0) {
    throw invalid('ImageConfig is not supported for functions with packageType Zip.');
  }
  if (Runtime === undefined || Handler === undefined) {
    throw invalid(
      'Runtime and Handler are mandatory parameters for functions created with deployment packages.',
    );
  }
}

/** Levels are for JSON: back in Text they are gone. */
function mergeLogging(
  current: FunctionSpec['loggingConfig'],
  asked: LoggingConfig | undefined,
): FunctionSpec['loggingConfig'] {
  if (asked === undefined) return current;
  const logFormat = asked.LogFormat ?? current?.logFormat ?? 'Text';
  const levels = withoutAbsent({
    applicationLogLevel: asked.ApplicationLogLevel,
    systemLogLevel: asked.SystemLogLevel,
  });
  if (logFormat === 'Text' && Object.keys(levels).length > 0) {
    throw invalid('To use ApplicationLogLevel or SystemLogLevel, set LogFormat to JSON.');
  }
  const logGroup = asked.LogGroup ?? current?.logGroup;
  const merged = logFormat === 'Text' ? {} : { ...current, ...levels };
  return withoutAbsent({ ...merged, logFormat, logGroup }) as FunctionSpec['loggingConfig'];
}

function mergeImageConfig(
  code: FunctionSpec['code'],
  asked: ImageConfig | undefined,
): FunctionSpec['code'] {
  const { image } = code;
  if (asked === undefined || image === undefined) return code;
  const { EntryPoint: entryPoint, Command: command, WorkingDirectory: workingDirectory } = asked;
  const { uri, pullSecrets } = image;
  const merged = {
    uri,
    pullSecrets,
    entryPoint: filled(entryPoint),
    command: filled(command),
    workingDirectory,
  };
  return { image: withoutAbsent(merged) as typeof image };
}

/** An empty list takes back what was said before. */
function filled(words: readonly string[] | undefined): string[] | undefined {
  return words === undefined || words.length === 0 ? undefined : [...words];
}
