import { z } from 'zod';
import { Condition } from './conditions.ts';
import type { Resource } from './meta.ts';

const Variables = z
  .record(z.string(), z.string())
  .describe(
    'Environment variables of the function. Keys match [a-zA-Z][a-zA-Z0-9_]+, reserved names are refused, at most 4 KB in all.',
  );

const Cors = z
  .object({
    allowCredentials: z
      .boolean()
      .default(false)
      .describe('Whether cookies and credentials may be sent. Default: false.'),
    allowHeaders: z.array(z.string()).optional().describe('Request headers a page may send, or *.'),
    allowMethods: z.array(z.string()).optional().describe('Methods a page may use, or *.'),
    allowOrigins: z.array(z.string()).optional().describe('Origins that may call, or *.'),
    exposeHeaders: z.array(z.string()).optional().describe('Response headers a page may read.'),
    maxAge: z
      .int()
      .min(0)
      .max(86_400)
      .optional()
      .describe('Seconds a browser may keep the answer to a preflight.'),
  })
  .describe(
    'Cross-origin rules, answered by the gateway. They replace CORS headers of the function.',
  );

const FunctionUrl = z
  .object({
    authType: z.enum(['NONE']).describe('Who may call the URL. NONE: everybody who reaches it.'),
    invokeMode: z
      .enum(['BUFFERED'])
      .default('BUFFERED')
      .describe('BUFFERED: the answer is sent when it is complete. Default: BUFFERED.'),
    cors: Cors.optional(),
  })
  .describe('An HTTP endpoint of this function alone.');

const ZipCode = z
  .object({
    path: z
      .string()
      .min(1)
      .optional()
      .describe(
        'File or folder on the machine that runs `mayfly start`, relative to the manifest. A folder is zipped.',
      ),
    sha256: z
      .string()
      .optional()
      .describe('Base64 SHA-256 that the archive must have; checked before it is unpacked.'),
  })
  .describe('A .zip archive with the code at its root.');

const Code = z
  .object({
    inline: z
      .string()
      .max(524_288)
      .optional()
      .describe('Source text of one file, named after the handler. At most 512 KiB.'),
    zip: ZipCode.optional(),
  })
  .meta({
    'x-kubernetes-validations': [
      { rule: 'has(self.inline) != has(self.zip)', message: 'set exactly one of inline and zip' },
    ],
  })
  .describe('Where the code comes from: exactly one of the members.');

/** What a user asks for. Becomes the CRD schema, so: plain objects, no unions, no transforms, no ids. */
export const FunctionSpec = z.object({
  functionName: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[a-zA-Z0-9-_]+$/)
    .optional()
    .describe('Name in the Lambda API. Default: metadata.name.'),
  description: z.string().max(256).default('').describe('Free text. Default: empty.'),
  packageType: z.enum(['Zip']).default('Zip').describe('Kind of the code package. Default: Zip.'),
  runtime: z
    .string()
    .min(1)
    .describe('Runtime identifier, for example nodejs24.x, python3.13, provided.al2023.'),
  handler: z
    .string()
    .min(1)
    .max(128)
    .regex(/^[^\s]+$/)
    .describe('Entry point as file.method; `bootstrap` gets it as _HANDLER.'),
  architectures: z
    .array(z.enum(['x86_64', 'arm64']))
    .min(1)
    .max(1)
    .optional()
    .describe('Instruction set. Default: that of the machine.'),
  memorySize: z
    .int()
    .min(128)
    .max(10_240)
    .default(128)
    .describe('Memory in MB; CPU follows it. Default: 128.'),
  timeout: z
    .int()
    .min(1)
    .max(900)
    .default(3)
    .describe('Seconds before an invocation is stopped. Default: 3.'),
  environment: z
    .object({ variables: Variables.optional() })
    .optional()
    .describe('What the function finds in its environment.'),
  code: Code,
  reservedConcurrentExecutions: z
    .int()
    .min(0)
    .optional()
    .describe(
      'Execution environments set aside for this function, and the most it gets. 0 refuses every invocation. Default: a share of the unreserved pool.',
    ),
  url: FunctionUrl.optional(),
  loggingConfig: z
    .object({
      logFormat: z
        .enum(['Text', 'JSON'])
        .default('Text')
        .describe('Form of the platform lines and of console output. Default: Text.'),
    })
    .optional()
    .describe('How the function logs.'),
  scaling: z
    .object({
      idleSeconds: z
        .int()
        .min(1)
        .max(86_400)
        .default(300)
        .describe('Seconds an idle execution environment is kept. Default: 300.'),
      initSeconds: z
        .int()
        .min(1)
        .max(900)
        .default(10)
        .describe(
          'Seconds the init phase may take before it is retried at the first invocation. Default: 10.',
        ),
    })
    .optional()
    .describe('When execution environments come and go.'),
});
/** A parsed, defaulted spec. */
export type FunctionSpec = z.infer<typeof FunctionSpec>;

/** The configuration that invocations run with: the spec without the code's own text. */
export const ServedRevision = z.object({
  revision: z
    .string()
    .describe('Hash of code and configuration that an execution environment is bound to.'),
  codeSha256: z.string().describe('Base64 SHA-256 of the archive.'),
  codeSize: z.int().describe('Bytes of the archive.'),
  configuration: FunctionSpec.omit({ code: true }).describe('The configuration it was made from.'),
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
  codeSha256: z.string().optional().describe('Base64 SHA-256 of the served archive.'),
  codeSize: z.int().optional().describe('Bytes of the served archive.'),
  revisionId: z.string().optional().describe('Changes with every change of the function.'),
  lastModified: z.string().optional().describe('When code or configuration last changed.'),
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
