import { randomBytes } from 'node:crypto';
import {
  isOsOnlyRuntime,
  type AssignedCode,
  type AssignRequest,
  type Assignment,
} from '@mayfly/core';
import { TASK_ROOT } from '@mayfly/manifests';

/** What an assignment needs besides the request. */
export interface AssignmentParts {
  /** The id that the agent was started with. */
  readonly agentId: string;
  readonly environmentVariables: Readonly<Record<string, string>>;
  /** Undefined for an image. */
  readonly source: AssignedCode['source'] | undefined;
  readonly nowMs: number;
}

const RUNTIME_DIR = '/var/runtime';
const BOOTSTRAPS = [`${TASK_ROOT}/bootstrap`, '/opt/bootstrap'] as const;

/** What the agent in a pod needs to run one revision. The image's own variables hold beside ours. */
export function makeAssignment(request: AssignRequest, parts: AssignmentParts): Assignment {
  const { agentId, environmentVariables, source, nowMs } = parts;
  const { version, handler, runtime } = request;
  return {
    functionName: request.functionName,
    version,
    region: request.region,
    accountId: request.accountId,
    runtime,
    handler,
    memorySizeMb: request.memorySizeMb,
    timeoutMs: request.timeoutMs,
    initTimeoutMs: request.initTimeoutMs,
    initializationType: request.initializationType,
    environmentVariables,
    logFormat: request.logFormat,
    logGroup: request.logGroup,
    applicationLogLevel: request.applicationLogLevel,
    logStreamName: makeLogStreamName(version, nowMs),
    taskRoot: TASK_ROOT,
    runtimeDir: RUNTIME_DIR,
    ...makeCommand(request),
    presetVariables: {},
    executionEnvironmentId: agentId,
    ...(source === undefined ? {} : { code: makeCode(request, source) }),
  };
}

function makeCode(
  { codeSha256, codeSize }: AssignRequest,
  source: AssignedCode['source'],
): AssignedCode {
  return { codeSha256, codeSize, source };
}

function makeCommand({
  image,
  runtime,
  handler = '',
}: AssignRequest): Pick<Assignment, 'command' | 'commandCandidates' | 'workingDirectory'> {
  if (image !== undefined) {
    const [program = '', ...programArguments] = [...image.entryPoint, ...image.command];
    return {
      command: [program, ...programArguments],
      workingDirectory: image.workingDirectory,
    };
  }
  if (!isOsOnlyRuntime(runtime)) return { command: ['/lambda-entrypoint.sh', handler] };
  return { command: [BOOTSTRAPS[0]], commandCandidates: BOOTSTRAPS };
}

/** `2026/11/21/[$LATEST]<32 hex digits>`: a new one per execution environment. */
function makeLogStreamName(version: string, nowMs: number): string {
  const day = new Date(nowMs).toISOString().slice(0, 10).replaceAll('-', '/');
  return `${day}/[${version}]${randomBytes(16).toString('hex')}`;
}
