import {
  GetAccountSettingsCommand,
  GetFunctionRecursionConfigCommand,
  GetRuntimeManagementConfigCommand,
  PutFunctionConcurrencyCommand,
  PutFunctionRecursionConfigCommand,
  PutRuntimeManagementConfigCommand,
} from '@aws-sdk/client-lambda';
import { describe, it } from 'vitest';
import { usePublishedFunction } from '../../helpers/published-function.ts';

const HELLO = { FunctionName: 'hello' };
const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:hello';

describe('GetAccountSettings', () => {
  it('answers limits and what is in use', async ({ expect }) => {
    const { client } = await usePublishedFunction(1);
    await client.send(
      new PutFunctionConcurrencyCommand({ ...HELLO, ReservedConcurrentExecutions: 10 }),
    );
    const { AccountLimit, AccountUsage } = await client.send(new GetAccountSettingsCommand({}));
    expect(AccountLimit).toEqual({
      TotalCodeSize: 80_530_636_800,
      CodeSizeUnzipped: 262_144_000,
      CodeSizeZipped: 52_428_800,
      ConcurrentExecutions: 1000,
      UnreservedConcurrentExecutions: 990,
    });
    expect(AccountUsage?.FunctionCount).toBe(1);
    expect(AccountUsage?.TotalCodeSize).toBeGreaterThan(0);
  });
});

describe('the recursion config', () => {
  it('is Terminate until it is set', async ({ expect }) => {
    const { client } = await usePublishedFunction();
    const get = new GetFunctionRecursionConfigCommand(HELLO);
    expect((await client.send(get)).RecursiveLoop).toBe('Terminate');
    const put = new PutFunctionRecursionConfigCommand({ ...HELLO, RecursiveLoop: 'Allow' });
    expect((await client.send(put)).RecursiveLoop).toBe('Allow');
    expect((await client.send(get)).RecursiveLoop).toBe('Allow');
  });
});

describe('the runtime management config', () => {
  const RuntimeVersionArn = `arn:aws:lambda:us-east-1::runtime:${'a'.repeat(64)}`;

  it('is Auto until it is set, and is frozen in a version', async ({ expect }) => {
    const { client } = await usePublishedFunction(1);
    const get = async (Qualifier?: string): Promise<unknown> => {
      const { $metadata: _, ...config } = await client.send(
        new GetRuntimeManagementConfigCommand({ ...HELLO, Qualifier }),
      );
      return config;
    };
    expect(await get()).toEqual({ UpdateRuntimeOn: 'Auto', FunctionArn: ARN });
    const put = { ...HELLO, UpdateRuntimeOn: 'Manual', RuntimeVersionArn } as const;
    const answered = await client.send(new PutRuntimeManagementConfigCommand(put));
    expect(answered).toMatchObject({ UpdateRuntimeOn: 'Manual', RuntimeVersionArn });
    expect(await get()).toMatchObject({ UpdateRuntimeOn: 'Manual', RuntimeVersionArn });
    expect(await get('1')).toEqual({ UpdateRuntimeOn: 'Auto', FunctionArn: `${ARN}:1` });
  });

  it('is refused with its reason', async ({ expect }) => {
    const { client } = await usePublishedFunction(1);
    for (const [input, message] of [
      [
        { UpdateRuntimeOn: 'Manual' },
        'RuntimeVersionArn is required when UpdateRuntimeOn is Manual.',
      ],
      [
        { UpdateRuntimeOn: 'Auto', RuntimeVersionArn },
        'RuntimeVersionArn is not for UpdateRuntimeOn Auto: it is for Manual.',
      ],
      [
        { UpdateRuntimeOn: 'Auto', Qualifier: '1' },
        'The runtime management of a published version is not changed by Mayfly: set that of $LATEST and publish.',
      ],
    ] as const) {
      const put = new PutRuntimeManagementConfigCommand({ ...HELLO, ...input });
      await expect(client.send(put)).rejects.toMatchObject({
        name: 'InvalidParameterValueException',
        message,
      });
    }
  });
});
