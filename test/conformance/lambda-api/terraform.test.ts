import {
  DeleteFunctionCommand,
  GetFunctionConfigurationCommand,
  ListEventSourceMappingsCommand,
  ListFunctionsCommand,
  ListLayersCommand,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { describe, it } from 'vitest';
import { useLambdaClient } from '../../helpers/lambda-client.ts';
import { usePlatform } from '../../helpers/platform.ts';
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
        names: ['bare', 'changed'],
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
      expect((await client.send(new ListLayersCommand({}))).Layers).toEqual([]);
      const { EventSourceMappings } = await client.send(new ListEventSourceMappingsCommand({}));
      expect(EventSourceMappings).toEqual([]);
    },
  );
});
