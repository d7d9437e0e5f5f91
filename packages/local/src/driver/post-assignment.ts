import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { AGENT_PATHS, type Assignment, type ExecutionEnvironmentAddress } from '@mayfly/core';

const ASSIGN_TIMEOUT_MS = 10_000;

/** Gives an agent its assignment. Rejects unless the agent takes it. */
export async function postAssignment(
  to: ExecutionEnvironmentAddress,
  assignment: Assignment,
  signal?: AbortSignal,
): Promise<void> {
  const deadline = AbortSignal.timeout(ASSIGN_TIMEOUT_MS);
  const answer = await post({
    url: `http://${to.address}${AGENT_PATHS.assignment}`,
    token: to.token,
    body: JSON.stringify(assignment),
    signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
  });
  if (answer.statusCode !== 202) {
    throw new Error(
      `the agent refused the assignment: ${answer.statusCode.toString()} ${answer.body.slice(0, 500)}`,
    );
  }
}

interface Post {
  readonly url: string;
  readonly token: string;
  readonly body: string;
  readonly signal: AbortSignal;
}

function post({ url, token, body, signal }: Post): Promise<{ statusCode: number; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    };
    const posted = request(url, { method: 'POST', headers, agent: false, signal });
    posted.on('error', reject);
    posted.on('response', (response) => {
      text(response).then((answer) => {
        resolve({ statusCode: response.statusCode ?? 0, body: answer });
      }, reject);
    });
    posted.end(body);
  });
}
