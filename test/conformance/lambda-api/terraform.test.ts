import {
  DeleteFunctionCommand,
  DeleteResourcePolicyCommand,
  GetFunctionConfigurationCommand,
  GetResourcePolicyCommand,
  ListEventSourceMappingsCommand,
  ListFunctionsCommand,
  ListLayersCommand,
  PutResourcePolicyCommand,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { describe, it } from 'vitest';
import { useLambdaClient } from '../../helpers/lambda-client.ts';
import { aNodeFunction, usePlatform } from '../../helpers/platform.ts';
import { findTerraform, useTerraform } from '../../helpers/terraform.ts';

const program = await findTerraform();
/** Each command starts a provider of 700 MB once or twice. */
const SESSION_MS = 900_000;

async function bare(client: LambdaClient): Promise<object> {
  const command = new GetFunctionConfigurationCommand({ FunctionName: 'bare' });
  const { $metadata: _, ...configuration } = await client.send(command);
  return configuration;
}

describe.runIf(program !== undefined)("Terraform with AWS's provider", () => {
  it(
    'makes, changes, takes back and destroys what it is told, and then has nothing to do',
    { timeout: SESSION_MS },
    async ({ expect, skip }) => {
      const { gatewayUrl } = await usePlatform();
      const client = useLambdaClient(gatewayUrl);
      const terraform = await useTerraform(program ?? '', gatewayUrl);
      if (terraform === undefined) return skip('the provider cannot be had');

      await terraform.apply(1);
      expect(await terraform.outputs()).toEqual({
        answer: { stage: 'step-1', event: { step: 1 } },
        seeded: { stage: 'step-1', event: { step: 1 } },
        names: ['bare', 'changed', 'published-later', 'replaced-1'],
        live: { version: '1', arn: expect.stringMatching(/:changed:live$/), url: 'NONE', layer: 1 },
      });
      expect(await terraform.plan(1)).toMatchObject({ result: 'empty' });

      await terraform.apply(2);
      expect(await terraform.outputs()).toMatchObject({
        answer: { stage: 'step-2', event: { step: 2 } },
        live: { version: '2', url: 'AWS_IAM' },
      });
      expect(await bare(client)).toMatchObject({ Description: '' });
      for (const member of ['Environment', 'Layers'])
        expect(await bare(client)).not.toHaveProperty(member);
      expect(await terraform.plan(2)).toMatchObject({ result: 'empty' });

      await client.send(new DeleteFunctionCommand({ FunctionName: 'bare' }));
      const { result, output } = await terraform.plan(2);
      expect(result).toBe('changes');
      expect(output).toContain('aws_lambda_function.bare will be created');
      expect(output).toContain('aws_lambda_function_url.bare will be created');

      await terraform.destroy(2);
      expect((await client.send(new ListFunctionsCommand({}))).Functions).toEqual([]);
      const { Layers } = await client.send(new ListLayersCommand({}));
      expect(Layers?.map(({ LayerName }) => LayerName)).toEqual(['kept']);
      const { EventSourceMappings } = await client.send(new ListEventSourceMappingsCommand({}));
      expect(EventSourceMappings).toEqual([]);
    },
  );
});

const ResourceArn = 'arn:aws:lambda:us-east-1:000000000000:function:hello';
const FROM_S3 = {
  Sid: 'AllowInvoke',
  Effect: 'Allow',
  Principal: { Service: 's3.amazonaws.com' },
  Action: 'lambda:InvokeFunction',
  Resource: ResourceArn,
  Condition: { StringEquals: { 'aws:SourceAccount': '000000000000' } },
};
const FROM_EVENTS = {
  Sid: 'AllowEventsInvoke',
  Effect: 'Allow',
  Principal: { Service: 'events.amazonaws.com' },
  Action: 'lambda:InvokeFunction',
  Resource: ResourceArn,
};

// Newer than the provider of the test above: internal/service/lambda/policy.go and policy_test.go of its main branch, 2026.
describe('aws_lambda_policy, replayed', () => {
  it('reads the document that it has put, and finds none when it is gone', async ({ expect }) => {
    const functions = [aNodeFunction('hello', 'exports.handler = async () => 1;')];
    const { gatewayUrl } = await usePlatform({ functions });
    const client = useLambdaClient(gatewayUrl);
    const revisions = new Set<string | undefined>();
    for (const Statement of [[FROM_S3], [FROM_S3, FROM_EVENTS]]) {
      const document = { Version: '2012-10-17', Statement };
      const Policy = JSON.stringify(document);
      const put = await client.send(new PutResourcePolicyCommand({ ResourceArn, Policy }));
      expect(JSON.parse(put.Policy ?? '')).toEqual(document);
      const got = await client.send(new GetResourcePolicyCommand({ ResourceArn }));
      expect(got).toMatchObject({ Policy: put.Policy, RevisionId: put.RevisionId });
      revisions.add(got.RevisionId);
    }
    expect(revisions.size).toBe(2);

    const gone = { name: 'ResourceNotFoundException' };
    await client.send(new DeleteResourcePolicyCommand({ ResourceArn }));
    const get = client.send(new GetResourcePolicyCommand({ ResourceArn }));
    await expect(get).rejects.toMatchObject(gone);
    const again = client.send(new DeleteResourcePolicyCommand({ ResourceArn }));
    await expect(again).rejects.toMatchObject(gone);
  });
});
