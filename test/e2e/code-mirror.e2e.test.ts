import { randomBytes } from 'node:crypto';
import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  type LambdaClient,
  waitUntilFunctionActiveV2,
} from '@aws-sdk/client-lambda';
import { makeRawZip } from '@mayfly/code/testing';
import { eventually } from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import { useLambdaClient } from '../helpers/lambda-client.ts';
import {
  API_NAMESPACE,
  explainFailure,
  gatewayUrl,
  getPods,
  invoke,
  kubectl,
  podsOf,
  SYSTEM_NAMESPACE,
  uniqueName,
} from './helpers/cluster.ts';

const ROLE = 'arn:aws:iam::000000000000:role/any';
const OPERATORS = 'app.kubernetes.io/component=operator';
const MEGABYTE = 1024 * 1024;
/** A Lease that nobody gives back holds for 15 seconds. */
const LEADER_DEADLINE_MS = 60_000;

function leader(): string {
  const [pod] = getPods(`${OPERATORS},mayfly.dev/leader=true`, SYSTEM_NAMESPACE);
  if (pod === undefined) throw new Error('nobody leads');
  return pod.metadata.name;
}

/** Replaces the operator that leads, and waits until another one does and all are ready. */
async function replaceLeader(...options: readonly string[]): Promise<void> {
  const old = leader();
  kubectl('delete', 'pod', '-n', SYSTEM_NAMESPACE, old, ...options);
  await anotherLeads(old);
  rolledOut();
}

async function anotherLeads(old: string): Promise<void> {
  await eventually(
    () => {
      if (leader() === old) throw new Error(`${old} still leads`);
    },
    { timeoutMs: LEADER_DEADLINE_MS },
  );
}

function rolledOut(): void {
  const status = ['rollout', 'status', 'deployment/mayfly-operator', '--timeout=55s'];
  kubectl(...status, '-n', SYSTEM_NAMESPACE);
}

function scaleTo(replicas: number): void {
  const count = `--replicas=${replicas.toString()}`;
  kubectl('scale', 'deployment/mayfly-operator', count, '-n', SYSTEM_NAMESPACE);
}

function operators(): string[] {
  return getPods(OPERATORS, SYSTEM_NAMESPACE).map(({ metadata }) => metadata.name);
}

/** Creates a function as `aws lambda create-function --zip-file` does. It answers with its own name. */
async function upload(client: LambdaClient): Promise<string> {
  const FunctionName = uniqueName('uploaded');
  const ZipFile = makeRawZip([
    { name: 'index.js', content: `exports.handler = async () => "${FunctionName}"` },
    // More than travels with an assignment: agents fetch it from the operator that leads.
    { name: 'data', content: randomBytes(2 * MEGABYTE) },
  ]);
  onTestFinished(async () => {
    await eventually(() => client.send(new DeleteFunctionCommand({ FunctionName })));
  });
  await client.send(
    new CreateFunctionCommand({
      ...{ FunctionName, Role: ROLE, Runtime: 'nodejs24.x', Handler: 'index.handler' },
      Code: { ZipFile },
    }),
  );
  return FunctionName;
}

/** What it answers from an execution environment that is made for it. */
async function startAnew(name: string): Promise<unknown> {
  const old = podsOf(name).map(({ metadata }) => metadata.name);
  const options = ['--grace-period=0', '--force', '--ignore-not-found'];
  if (old.length > 0) kubectl('delete', 'pod', '-n', API_NAMESPACE, ...options, ...old);
  return eventually(
    async () => {
      const { status, payload } = await invoke(name);
      if (status !== 200) throw new Error(`${status.toString()}: ${JSON.stringify(payload)}`);
      return payload;
    },
    { timeoutMs: 60_000, intervalMs: 500 },
  );
}

describe('an uploaded archive, with the default code store', () => {
  it('outlives leader after leader', { timeout: 300_000 }, async ({ expect }) => {
    explainFailure();
    const client = useLambdaClient(gatewayUrl());
    const first = operators();
    const name = await upload(client);
    await waitUntilFunctionActiveV2(
      { client, maxWaitTime: 60, minDelay: 1 },
      { FunctionName: name },
    );
    expect((await invoke(name)).payload).toBe(name);
    for (let round = 0; round < 3; round += 1) {
      await replaceLeader();
      expect(await startAnew(name)).toBe(name);
    }
    // Nobody is left who took the upload.
    expect(operators().filter((pod) => first.includes(pod))).toEqual([]);
  });

  it('outlives a leader that is killed the moment it has answered', async ({ expect }) => {
    explainFailure();
    const client = useLambdaClient(gatewayUrl());
    const name = await upload(client);
    await replaceLeader('--grace-period=0', '--force');
    expect(await startAnew(name)).toBe(name);
  });

  it('outlives the only operator, when that is asked to go', async ({ expect }) => {
    explainFailure();
    const client = useLambdaClient(gatewayUrl());
    scaleTo(1);
    onTestFinished(() => {
      scaleTo(2);
      rolledOut();
    });
    const only = await eventually(
      () => {
        const [name = '', ...others] = operators();
        expect(others).toEqual([]);
        expect(leader()).toBe(name);
        return name;
      },
      { timeoutMs: LEADER_DEADLINE_MS },
    );
    const name = await upload(client);
    await replaceLeader('--wait=false');
    expect(operators()).not.toContain(only);
    expect(await startAnew(name)).toBe(name);
  });

  it('outlives a rolling update of all operators', { timeout: 300_000 }, async ({ expect }) => {
    explainFailure();
    const client = useLambdaClient(gatewayUrl());
    const before = await upload(client);
    for (let round = 0; round < 2; round += 1) {
      const old = operators();
      kubectl('rollout', 'restart', 'deployment/mayfly-operator', '-n', SYSTEM_NAMESPACE);
      // In the middle of it, too.
      const meanwhile = await eventually(() => upload(client), { timeoutMs: LEADER_DEADLINE_MS });
      rolledOut();
      await eventually(
        () => {
          expect(operators().filter((pod) => old.includes(pod))).toEqual([]);
        },
        { timeoutMs: LEADER_DEADLINE_MS },
      );
      expect(await startAnew(meanwhile)).toBe(meanwhile);
      expect(await startAnew(before)).toBe(before);
    }
  });
});
