import {
  CreateAliasCommand,
  DeleteAliasCommand,
  DeleteFunctionCommand,
  GetAliasCommand,
  ListAliasesCommand,
  paginateListAliases,
  UpdateAliasCommand,
} from '@aws-sdk/client-lambda';
import { describe, it } from 'vitest';
import { usePublishedFunction } from '../../helpers/published-function.ts';

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:hello';
const LIVE = { FunctionName: 'hello', Name: 'live' };
const REVISION_DIFFERS =
  'The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id';

describe('an alias of the Lambda API', () => {
  it('is created, moved and deleted, and each invocation follows', async ({ expect }) => {
    const { client, platform } = await usePublishedFunction(2);
    const created = await client.send(
      new CreateAliasCommand({ ...LIVE, FunctionVersion: '1', RoutingConfig: {} }),
    );
    expect(created).toEqual({
      $metadata: expect.objectContaining({ httpStatusCode: 201 }) as unknown,
      AliasArn: `${ARN}:live`,
      Name: 'live',
      FunctionVersion: '1',
      Description: '',
      RevisionId: expect.any(String) as unknown,
    });
    expect((await platform.invoke('hello@live')).payload).toBe(1);

    const { RevisionId } = await client.send(new GetAliasCommand(LIVE));
    expect(RevisionId).toBe(created.RevisionId);
    const moved = await client.send(
      new UpdateAliasCommand({ ...LIVE, FunctionVersion: '2', Description: 'moved', RevisionId }),
    );
    expect(moved).toMatchObject({ FunctionVersion: '2', Description: 'moved' });
    expect(moved.RevisionId).not.toBe(RevisionId);
    expect((await platform.invoke('hello@live')).payload).toBe(2);
    await expect(
      client.send(new UpdateAliasCommand({ ...LIVE, Description: 'again', RevisionId })),
    ).rejects.toMatchObject({
      name: 'PreconditionFailedException',
      message: REVISION_DIFFERS,
      $metadata: { httpStatusCode: 412 },
    });

    const deleted = await client.send(new DeleteAliasCommand(LIVE));
    expect(deleted.$metadata.httpStatusCode).toBe(204);
    expect((await platform.invoke('hello@live')).statusCode).toBe(404);
    await client.send(new DeleteAliasCommand(LIVE));
  });

  it('shares invocations with another version until its routing is emptied', async ({ expect }) => {
    const { client, platform } = await usePublishedFunction(2);
    const RoutingConfig = { AdditionalVersionWeights: { 2: 1 } };
    const shared = await client.send(
      new CreateAliasCommand({ ...LIVE, FunctionVersion: '1', RoutingConfig }),
    );
    expect(shared.RoutingConfig).toEqual(RoutingConfig);
    expect((await platform.invoke('hello@live')).payload).toBe(2);
    const held = new DeleteFunctionCommand({ FunctionName: 'hello', Qualifier: '2' });
    await expect(client.send(held)).rejects.toMatchObject({ name: 'ResourceConflictException' });

    const described = await client.send(new UpdateAliasCommand({ ...LIVE, Description: 'both' }));
    expect(described).toMatchObject({ Description: 'both', RoutingConfig });
    const alone = await client.send(new UpdateAliasCommand({ ...LIVE, RoutingConfig: {} }));
    expect(alone).toMatchObject({ Description: 'both', FunctionVersion: '1' });
    expect(alone.RoutingConfig).toBeUndefined();
    expect((await platform.invoke('hello@live')).payload).toBe(1);
  });

  it('is listed in pages, and by the version that it invokes', async ({ expect }) => {
    const { client } = await usePublishedFunction(2);
    const make = (Name: string, FunctionVersion: string, AdditionalVersionWeights = {}) =>
      client.send(
        new CreateAliasCommand({
          FunctionName: 'hello',
          Name,
          FunctionVersion,
          RoutingConfig: { AdditionalVersionWeights },
        }),
      );
    await make('one', '1');
    await make('Both', '1', { 2: 0.1 });
    await make('two', '2');
    const names: (string | undefined)[] = [];
    for await (const page of paginateListAliases(
      { client, pageSize: 2 },
      { FunctionName: 'hello' },
    )) {
      names.push(...(page.Aliases ?? []).map(({ Name }) => Name));
    }
    expect(names).toEqual(['Both', 'one', 'two']);
    const { Aliases } = await client.send(
      new ListAliasesCommand({ FunctionName: 'hello', FunctionVersion: '2' }),
    );
    expect(Aliases?.map(({ Name }) => Name)).toEqual(['Both', 'two']);
  });
});

describe('an alias that cannot be', () => {
  const weights = (AdditionalVersionWeights: Record<string, number>) => ({
    RoutingConfig: { AdditionalVersionWeights },
  });

  it('is refused in the words of Lambda', async ({ expect }) => {
    const { client } = await usePublishedFunction(2);
    await client.send(new CreateAliasCommand({ ...LIVE, FunctionVersion: '1' }));
    const refused = [
      [
        weights({ 1: 0.5, 2: 0.5 }),
        'InvalidParameterValueException: Number of items in AdditionalVersionWeights cannot be greater than 1',
      ],
      [
        weights({ 1: 0.5 }),
        'InvalidParameterValueException: Invalid function version 1. Function version 1 is already included in routing configuration.',
      ],
      [{ FunctionVersion: '10' }, `ResourceNotFoundException: Function not found: ${ARN}:10`],
      [weights({ 10: 0.5 }), `ResourceNotFoundException: Function not found: ${ARN}:10`],
      [
        { FunctionVersion: '$LATEST', ...weights({ 1: 0.5 }) },
        'InvalidParameterValueException: $LATEST is not supported for an alias pointing to more than 1 version',
      ],
      [
        { FunctionName: 'unknown' },
        `ResourceNotFoundException: Function not found: ${ARN.replace('hello', 'unknown')}:1`,
      ],
      [{ Name: 'live' }, `ResourceConflictException: Alias already exists: ${ARN}:live`],
      [
        { Name: '2024' },
        "ValidationException: 1 validation error detected: Value '2024' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)",
      ],
    ] as const;
    for (const [input, expected] of refused) {
      const command = new CreateAliasCommand({
        FunctionName: 'hello',
        Name: 'other',
        FunctionVersion: '1',
        ...input,
      });
      const error = await client.send(command).then(undefined, (e: unknown) => String(e));
      expect(error).toBe(expected);
    }
  });

  it('is not found', async ({ expect }) => {
    const { client } = await usePublishedFunction();
    await expect(client.send(new GetAliasCommand(LIVE))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: `Cannot find alias arn: ${ARN}:live`,
      $metadata: { httpStatusCode: 404 },
    });
    await expect(client.send(new UpdateAliasCommand(LIVE))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: `Alias not found: ${ARN}:live`,
    });
  });
});
