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
  readonly source: AssignedCode['source'];
  readonly nowMs: number;
}

const RUNTIME_DIR = '/var/runtime';
const BOOTSTRAPS = [`${TASK_ROOT}/bootstrap`, '/opt/bootstrap'] as const;

/** What the agent in a pod needs to run one revision. The image's own variables hold beside ours. */
export function makeAssignment(request: AssignRequest, parts: AssignmentParts): Assignment {
  const { agentId, environmentVariables, source, nowMs } = parts;
  const { version, handler, runtime, codeSha256, codeSize } = request;
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
    logStreamName: makeLogStreamName(version, nowMs),
    taskRoot: TASK_ROOT,
    runtimeDir: RUNTIME_DIR,
    ...makeCommand(runtime, handler),
    presetVariables: {},
    executionEnvironmentId: agentId,
    code: { codeSha256, codeSize, source },
  };
}

function makeCommand(
  runtime: string,
  handler: string,
): Pick<Assignment, 'command' | 'commandCandidates'> {
  if (!isOsOnlyRuntime(runtime)) return { command: ['/lambda-entrypoint.sh', handler] };
  return { command: [BOOTSTRAPS[0]], commandCandidates: BOOTSTRAPS };
}

/** `2026/11/21/[$LATEST]<32 hex digits>`: a new one per execution environment. */
function makeLogStreamName(version: string, nowMs: number): string {
  const day = new Date(nowMs).toISOString().slice(0, 10).replaceAll('-', '/');
  return `${day}/[${version}]${randomBytes(16).toString('hex')}`;
}
