import type { AnnouncementOrigin, SpareFacts } from '@mayfly/core';
import { LIMITS } from '@mayfly/lambda-api';

/** What the agent is started with. */
export interface AgentConfig {
  readonly executionEnvironmentId: string;
  /** Bearer token that every request to the invocation port must carry. */
  readonly token: string;
  /** Where announcements go; without one the agent announces nothing. */
  readonly announceUrl: string | undefined;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly maxRequestBytes: number;
  readonly maxResponseBytes: number;
  /** Port of the Runtime API on 127.0.0.1; 0 takes a free one. */
  readonly runtimeApiPort: number;
  /** Where the supervisor's FIFOs are. With it the runtime runs in a container beside; without, as a child. */
  readonly supervisorDir: string | undefined;
  /** Made for no function yet, but for such ones: it waits when it can start a runtime at once, and not before. */
  readonly spare: SpareFacts | undefined;
  /** Where this is, for announcements. */
  readonly pod: AnnouncementOrigin;
  /** End when stdin ends: the platform that holds its other end is gone. */
  readonly exitOnStdinEnd: boolean;
}

type Variables = Readonly<Record<string, string | undefined>>;

const MAX_PORT = 65_535;

/**
 * Reads the agent's variables. By hand, because a schema library would cost more memory than the agent.
 * @throws Error that names every mistake
 */
export function parseConfig(variables: Variables): AgentConfig {
  const problems: string[] = [];
  const config: AgentConfig = {
    executionEnvironmentId: parseText(variables, 'MAYFLY_EXECUTION_ENVIRONMENT_ID', problems),
    token: parseText(variables, 'MAYFLY_AGENT_TOKEN', problems),
    announceUrl: parseUrl(variables, 'MAYFLY_ANNOUNCE_URL', problems),
    host: variables['MAYFLY_AGENT_HOST'] ?? '127.0.0.1',
    port: parseInteger(variables, { name: 'MAYFLY_AGENT_PORT', fallback: 0 }, problems),
    maxRequestBytes: parseInteger(
      variables,
      { name: 'MAYFLY_MAX_REQUEST_BYTES', fallback: LIMITS.maxSyncPayloadBytes },
      problems,
    ),
    maxResponseBytes: parseInteger(
      variables,
      { name: 'MAYFLY_MAX_RESPONSE_BYTES', fallback: LIMITS.maxSyncResponseBytes },
      problems,
    ),
    runtimeApiPort: parseInteger(
      variables,
      { name: 'MAYFLY_RUNTIME_API_PORT', fallback: 0 },
      problems,
    ),
    supervisorDir: parseOptional(variables, 'MAYFLY_SUPERVISOR_DIR'),
    spare: parseSpare(variables, problems),
    pod: parsePod(variables),
    exitOnStdinEnd: variables['MAYFLY_EXIT_ON_STDIN_END'] === '1',
  };
  if (config.port > MAX_PORT) problems.push('MAYFLY_AGENT_PORT must be at most 65535');
  if (config.runtimeApiPort > MAX_PORT) {
    problems.push('MAYFLY_RUNTIME_API_PORT must be at most 65535');
  }
  if (problems.length > 0) throw new Error(`reading the configuration: ${problems.join('; ')}`);
  return Object.freeze(config);
}

function parseText(variables: Variables, name: string, problems: string[]): string {
  const value = variables[name];
  if (value === undefined || value === '') problems.push(`${name} is missing`);
  return value ?? '';
}

function parseOptional(variables: Variables, name: string): string | undefined {
  const value = variables[name];
  return value === '' ? undefined : value;
}

function parseSpare(variables: Variables, problems: string[]): SpareFacts | undefined {
  const runtime = parseOptional(variables, 'MAYFLY_SPARE_RUNTIME');
  if (runtime === undefined) return undefined;
  const field = { name: 'MAYFLY_SPARE_MEMORY_MB', fallback: 0 };
  const memorySizeMb = parseInteger(variables, field, problems);
  if (memorySizeMb === 0) problems.push('MAYFLY_SPARE_MEMORY_MB is missing');
  return { runtime, memorySizeMb };
}

function parsePod(variables: Variables): AnnouncementOrigin {
  const host = parseOptional(variables, 'MAYFLY_POD_IP');
  const namespace = parseOptional(variables, 'MAYFLY_POD_NAMESPACE');
  const podName = parseOptional(variables, 'MAYFLY_POD_NAME');
  return {
    ...(host === undefined ? {} : { host }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(podName === undefined ? {} : { podName }),
  };
}

function parseUrl(variables: Variables, name: string, problems: string[]): string | undefined {
  const value = variables[name];
  if (value === undefined || value === '') return undefined;
  if (!URL.canParse(value) || new URL(value).protocol !== 'http:') {
    problems.push(`${name} must be an http:// URL`);
  }
  return value;
}

function parseInteger(
  variables: Variables,
  field: { readonly name: string; readonly fallback: number },
  problems: string[],
): number {
  const value = variables[field.name];
  if (value === undefined || value === '') return field.fallback;
  if (!/^\d{1,15}$/.test(value)) problems.push(`${field.name} must be a whole number`);
  return Number(value);
}
