import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import {
  AGENT_PATHS,
  encodeAssignment,
  type Assignment,
  type ExecutionEnvironmentAddress,
  type ExecutionEnvironmentProbe,
} from '@mayfly/core';
import { withDeadline } from './with-deadline.ts';

const ASSIGN_DEADLINE_MS = 5_000;
const STATUS_DEADLINE_MS = 2_000;
const MAX_QUOTED = 500;

/** What an agent says of itself. */
export interface AgentStatus {
  readonly state: string;
  readonly functionName?: string;
}

interface AgentCall {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: readonly (string | Uint8Array)[];
}

interface AgentAnswer {
  readonly statusCode: number;
  readonly body: string;
}

/**
 * Gives an agent its assignment, twice if it does not answer: the same one again is taken again.
 * @throws Error unless the agent takes it
 */
export async function postAssignment(
  to: ExecutionEnvironmentAddress,
  assignment: Assignment,
  signal?: AbortSignal,
): Promise<void> {
  const { head, archives } = encodeAssignment(assignment);
  const body = [head, ...archives];
  const post = (): Promise<AgentAnswer> => {
    const call = { method: 'POST', path: AGENT_PATHS.assignment, body } as const;
    return callAgent(to, call, withDeadline(ASSIGN_DEADLINE_MS, signal));
  };
  const answer = await post().catch((error: unknown) => {
    if (signal?.aborted === true) throw error;
    return post();
  });
  if (answer.statusCode !== 202) {
    throw new Error(
      `the agent refused the assignment: ${String(answer.statusCode)} ${answer.body.slice(0, MAX_QUOTED)}`,
    );
  }
}

/** Asks an agent for its status. */
export async function readStatus(
  to: ExecutionEnvironmentAddress,
  signal?: AbortSignal,
): Promise<AgentStatus> {
  const call = { method: 'GET', path: AGENT_PATHS.status } as const;
  const answer = await callAgent(to, call, withDeadline(STATUS_DEADLINE_MS, signal));
  if (answer.statusCode !== 200) {
    throw new Error(`the agent answered ${String(answer.statusCode)}`);
  }
  return JSON.parse(answer.body) as AgentStatus;
}

/** What a status means to the one who asks for adoption. */
export function toProbe(
  status: AgentStatus,
  to: ExecutionEnvironmentAddress,
  functionName: string,
): ExecutionEnvironmentProbe {
  const { state } = status;
  if (state === 'waiting') return { kind: 'waiting', ...to };
  if (status.functionName !== functionName) {
    const message = `it runs ${status.functionName ?? 'nothing'}, not ${functionName}`;
    return { kind: 'unusable', message };
  }
  if (state === 'initialising' || state === 'idle' || state === 'busy') {
    return { kind: state, ...to };
  }
  // A runtime that is killed after an invocation takes the next one soon.
  if (state === 'resetting') return { kind: 'busy', ...to };
  return { kind: 'unusable', message: `it is ${state}` };
}

function callAgent(
  { address, token }: ExecutionEnvironmentAddress,
  { method, path, body = [] }: AgentCall,
  signal: AbortSignal,
): Promise<AgentAnswer> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': body.reduce((sum, part) => sum + Buffer.byteLength(part), 0),
    };
    const sent = request(`http://${address}${path}`, { method, headers, agent: false, signal });
    sent.on('error', reject);
    sent.on('response', (response) => {
      text(response).then((answer) => {
        resolve({ statusCode: response.statusCode ?? 0, body: answer });
      }, reject);
    });
    for (const part of body) sent.write(part);
    sent.end();
  });
}
