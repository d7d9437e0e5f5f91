import { randomBytes } from 'node:crypto';
import {
  isOsOnlyRuntime,
  LAMBDA_IMAGE,
  type AssignedCode,
  type AssignRequest,
  type Assignment,
} from '@mayfly/core';
import type { CodeSources } from './locate-sources.ts';

/** What an assignment needs besides the request. */
export interface AssignmentParts {
  /** The id that the agent was started with. */
  readonly agentId: string;
  readonly environmentVariables: Readonly<Record<string, string>>;
  readonly sources: CodeSources;
  readonly nowMs: number;
}

const { entryPoint, taskRoot, runtimeDir, layersRoot } = LAMBDA_IMAGE;
const BOOTSTRAPS = [`${taskRoot}/bootstrap`, `${layersRoot}/bootstrap`] as const;

/** What the agent in a pod needs to run one revision. The image's own variables hold beside ours. */
export function makeAssignment(request: AssignRequest, parts: AssignmentParts): Assignment {
  const { agentId, environmentVariables, sources, nowMs } = parts;
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
    taskRoot,
    runtimeDir,
    ...makeCommand(request),
    presetVariables: {},
    executionEnvironmentId: agentId,
    ...(sources.code === undefined ? {} : { code: makeCode(request, sources.code) }),
    ...makeLayers(request, sources),
  };
}

function makeCode(
  { codeSha256, codeSize }: AssignRequest,
  source: AssignedCode['source'],
): AssignedCode {
  return { codeSha256, codeSize, source };
}

function makeLayers(
  { layers = [] }: AssignRequest,
  sources: CodeSources,
): Pick<Assignment, 'layers' | 'layersRoot'> {
  const assigned = layers.flatMap(({ codeSha256, codeSize }, n) => {
    const source = sources.layers[n];
    return source === undefined ? [] : [{ codeSha256, codeSize, source }];
  });
  return assigned.length === 0 ? {} : { layers: assigned, layersRoot };
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
  if (!isOsOnlyRuntime(runtime)) return { command: [entryPoint, handler] };
  return { command: [BOOTSTRAPS[0]], commandCandidates: BOOTSTRAPS };
}

/** `2026/11/21/[$LATEST]<32 hex digits>`: a new one per execution environment. */
function makeLogStreamName(version: string, nowMs: number): string {
  const day = new Date(nowMs).toISOString().slice(0, 10).replaceAll('-', '/');
  return `${day}/[${version}]${randomBytes(16).toString('hex')}`;
}
