import { z } from 'zod';
import { Condition } from './conditions.ts';
import { EventInvokeConfig } from './event-invoke-config.ts';
import { FunctionCode } from './function-code.ts';
import { ResolvedImage } from './function-image.ts';
import { FunctionEnvironment } from './function-environment.ts';
import { FunctionLayers, ServedLayer } from './function-layers.ts';
import { FunctionPermissions } from './function-permissions.ts';
import { PodTemplate } from './function-pod.ts';
import { FunctionTags } from './function-tags.ts';
import { FunctionUrl } from './function-url.ts';
import type { Resource } from './meta.ts';
import { FunctionName } from './names.ts';
import { RuntimeManagement } from './runtime-management.ts';

/** MB of /tmp where `ephemeralStorage` is left out. */
export const EPHEMERAL_STORAGE_DEFAULT = 512;

/** What `scaling` means where it is left out: both in seconds. */
export const SCALING_DEFAULTS = { idleSeconds: 300, initSeconds: 10 } as const;

const Scaling = z
  .strictObject({
    idleSeconds: z
      .int()
      .min(1)
      .max(86_400)
      .default(SCALING_DEFAULTS.idleSeconds)
      .describe('Seconds an idle execution environment is kept. Default: 300.'),
    initSeconds: z
      .int()
      .min(1)
      .max(900)
      .default(SCALING_DEFAULTS.initSeconds)
      .describe(
        'Seconds the init phase may take; then it is stopped and run again under `timeout` at the first invocation. Default: 10.',
      ),
  })
  .describe('When execution environments come and go.');

const LoggingConfig = z
  .strictObject({
    logFormat: z
      .enum(['Text', 'JSON'])
      .default('Text')
      .describe(
        'Form of the platform lines and of what the console functions write. Default: Text.',
      ),
    applicationLogLevel: z
      .enum(['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'])
      .optional()
      .describe(
        'Least level that the console functions write, with logFormat JSON only; the runtime gets it as AWS_LAMBDA_LOG_LEVEL. Default: INFO.',
      ),
    systemLogLevel: z
      .enum(['DEBUG', 'INFO', 'WARN'])
      .optional()
      .describe(
        'Level of the platform lines that the Lambda API repeats, with logFormat JSON only; all of them are written. Default: INFO.',
      ),
    logGroup: z
      .string()
      .min(1)
      .max(512)
      .regex(/^[.\-_/#A-Za-z0-9]+$/, { error: 'may hold letters, digits and . - _ / # only' })
      .optional()
      .describe(
        'Name of the log group, which the function finds as AWS_LAMBDA_LOG_GROUP_NAME. Default: /aws/lambda/<function name>.',
      ),
  })
  .describe('How the function logs.');

/**
 * What a user asks for. Becomes the CRD schema, so: plain objects, no unions, no transforms, no ids.
 * Unknown fields are refused; the ones of Lambda that come later are named in `planned-fields.ts`.
 */
export const FunctionSpec = z
  .strictObject({
    functionName: FunctionName.optional().describe(
      'Name in the Lambda API; cannot be changed. Default: metadata.name.',
    ),
    description: z
      .string()
      .max(256)
      .default('')
      .describe('Free text, at most 256 characters. Default: empty.'),
    role: z
      .string()
      .max(2048)
      .regex(/^arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role\/?[a-zA-Z_0-9+=,.@\-_/]+$/, {
        error: 'must be the ARN of a role: arn:aws:iam::<account>:role/<name>',
      })
      .optional()
      .describe(
        'ARN of an execution role. It is kept for the tools that ask for one and gives no credentials; in a cluster, see serviceAccountName. Default: none.',
      ),
    tags: FunctionTags.optional(),
    packageType: z
      .enum(['Zip', 'Image'])
      .default('Zip')
      .describe(
        'Kind of the code package: an archive with a runtime and a handler, or a container image. Default: Zip.',
      ),
    runtime: z
      .string()
      .min(1)
      .max(64)
      .optional()
      .describe(
        'Runtime identifier, for example nodejs24.x, python3.13, provided.al2023; required for packageType Zip. One that cannot run here puts the function into state Failed with what to install.',
      ),
    handler: z
      .string()
      .min(1)
      .max(128)
      .regex(/^[^\s]+$/, { error: 'must not hold white space' })
      .optional()
      .describe(
        'Entry point as file.method, for example index.handler, required for packageType Zip; the runtime gets it as _HANDLER. A custom runtime may use it as it likes.',
      ),
    architectures: z
      .array(z.enum(['x86_64', 'arm64']))
      .min(1)
      .max(1)
      .optional()
      .describe('Instruction set, exactly one. Default: that of the machine.'),
    memorySize: z
      .int()
      .min(128)
      .max(10_240)
      .default(128)
      .describe('Memory in MB; CPU follows it (1769 MB are one CPU). Default: 128.'),
    timeout: z
      .int()
      .min(1)
      .max(900)
      .default(3)
      .describe('Seconds before an invocation is stopped. Default: 3.'),
    ephemeralStorage: z
      .int()
      .min(EPHEMERAL_STORAGE_DEFAULT)
      .max(10_240)
      .optional()
      .describe(
        'MB of /tmp (cluster only; embedded, /tmp is bounded by the disk of the machine). Default: 512.',
      ),
    environment: FunctionEnvironment.optional(),
    code: FunctionCode,
    layers: FunctionLayers.optional(),
    codeSigningConfigArn: z
      .string()
      .max(200)
      .regex(
        /^arn:aws[a-zA-Z-]*:lambda:[a-z0-9-]+:[0-9]{12}:code-signing-config:csc-[a-z0-9]{17}$/,
        {
          error:
            'must be the ARN of a code signing config: arn:aws:lambda:<region>:<account>:code-signing-config:csc-<17 letters or digits>',
        },
      )
      .optional()
      .describe(
        'ARN of a CodeSigningConfig of the same namespace (packageType Zip only). It is asked when code or layers change; what is served already goes on. Changing it makes no new revision. Default: none, any code is served.',
      ),
    reservedConcurrentExecutions: z
      .int()
      .min(0)
      .optional()
      .describe(
        'Execution environments set aside for this function, and the most it gets. 0 refuses every invocation. Default: none set aside, it shares what is unreserved.',
      ),
    url: FunctionUrl.optional(),
    permissions: FunctionPermissions.optional(),
    recursiveLoop: z
      .enum(['Allow', 'Terminate'])
      .optional()
      .describe(
        'Whether a function that calls itself over and over is stopped. It is kept and answered by the Lambda API; such loops are not detected yet. Changing it makes no new revision. Default: Terminate.',
      ),
    runtimeManagement: RuntimeManagement.optional(),
    eventInvokeConfig: EventInvokeConfig.optional(),
    serviceAccountName: z
      .string()
      .min(1)
      .max(253)
      .optional()
      .describe(
        'ServiceAccount whose token the function finds in its pod (cluster only). Default: none, the function has no credentials of the API server.',
      ),
    podTemplate: PodTemplate.optional(),
    runtimeInterface: z
      .enum(['agent', 'rie'])
      .optional()
      .describe(
        "Who speaks to the runtime: Mayfly's agent, or the Runtime Interface Emulator inside of the image, without an agent (packageType Image only; see docs/compatibility.md for what it cannot do). Default: agent.",
      ),
    loggingConfig: LoggingConfig.optional(),
    scaling: Scaling.optional(),
    publish: z
      .enum(['Never', 'OnChange'])
      .default('Never')
      .describe(
        'OnChange: each new code or configuration that is served is published as a Version too. Default: Never.',
      ),
    versionHistoryLimit: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .describe(
        'How many Versions that OnChange has published are kept, the newest; those that an Alias names or that have provisioned concurrency are kept beside them. Default: all.',
      ),
  })
  .describe('What a user asks for.');
/** A parsed, defaulted spec. */
export type FunctionSpec = z.infer<typeof FunctionSpec>;

/** The configuration that invocations run with: the spec without the code's own text, and without how it is published. */
export const ServedRevision = z.object({
  revision: z
    .string()
    .describe('Hash of code and configuration that an execution environment is bound to.'),
  codeSha256: z
    .string()
    .describe('Base64 SHA-256 of the archive; of an image, its digest in hexadecimal digits.'),
  codeSize: z.int().describe('Bytes of the archive; of an image, 0.'),
  image: ResolvedImage.optional().describe('The image, where the package is one.'),
  codeSource: z
    .string()
    .optional()
    .describe('Hash of what named the code: while that stays, its source is not read again.'),
  layers: z
    .array(ServedLayer)
    .optional()
    .describe('Archives of the layers, in the order in which they are unpacked.'),
  // The API server keeps it as it is: a later release may tighten bounds that this one was made under.
  configuration: FunctionSpec.omit({
    code: true,
    codeSigningConfigArn: true,
    permissions: true,
    eventInvokeConfig: true,
    publish: true,
    versionHistoryLimit: true,
  })
    .meta({ 'x-kubernetes-preserve-unknown-fields': true })
    .describe(
      'The configuration it was made from: `spec` without `code`, `codeSigningConfigArn`, `permissions`, `eventInvokeConfig` and what is said of versions.',
    ),
});
/** What invocations get until the next good configuration is resolved. */
export type ServedRevision = z.infer<typeof ServedRevision>;

/** What the operator saw. Names and values are Lambda's. */
export const FunctionStatus = z.object({
  observedGeneration: z.int().optional().describe('`metadata.generation` last reconciled.'),
  state: z
    .enum(['Pending', 'Active', 'Inactive', 'Failed'])
    .optional()
    .describe('Whether the function can be invoked.'),
  stateReason: z.string().optional().describe('Why it is in that state.'),
  stateReasonCode: z.string().optional().describe('Constant for the reason.'),
  lastUpdateStatus: z
    .enum(['Successful', 'Failed', 'InProgress'])
    .optional()
    .describe('How the last change went. On Failed the old revision keeps serving.'),
  lastUpdateStatusReason: z.string().optional().describe('Why the last change failed.'),
  lastUpdateStatusReasonCode: z.string().optional().describe('Constant for the reason.'),
  codeSha256: z
    .string()
    .optional()
    .describe('Base64 SHA-256 of the served archive; of an image, its digest.'),
  codeSize: z.int().optional().describe('Bytes of the served archive; of an image, 0.'),
  resolvedImageUri: z
    .string()
    .optional()
    .describe('The served image, with the digest that its reference meant when it was looked up.'),
  revisionId: z.string().optional().describe('Changes with every change of the function.'),
  lastModified: z.string().optional().describe('When code or configuration last changed.'),
  latestVersion: z
    .string()
    .optional()
    .describe('Highest number that a Version of the function has had.'),
  url: z.string().optional().describe('Function URL.'),
  executionEnvironments: z
    .object({
      desired: z.int().describe('How many there should be.'),
      ready: z.int().describe('How many could take an invocation or run one.'),
      busy: z.int().describe('How many run one.'),
    })
    .optional()
    .describe('Execution environments of all revisions.'),
  served: ServedRevision.optional().describe('What invocations run.'),
  conditions: z.array(Condition).default([]).describe('Observations; Ready first.'),
});
/** What the operator saw. */
export type FunctionStatus = z.infer<typeof FunctionStatus>;

/** A Function. `Function` alone is a JavaScript global, hence the suffix. */
export type FunctionResource = Resource<'Function', FunctionSpec, FunctionStatus>;

/** The name in the Lambda API: `spec.functionName`, or the object's name. */
export function functionNameOf(fn: Pick<FunctionResource, 'metadata' | 'spec'>): string {
  return fn.spec.functionName ?? fn.metadata.name;
}

/** What runs a function that is an archive: both are required of it, and of no image. */
export function launchOf({
  runtime = '',
  handler = '',
}: {
  readonly runtime?: string | undefined;
  readonly handler?: string | undefined;
}): { readonly runtime: string; readonly handler: string } {
  return { runtime, handler };
}
