import {
  AddLayerVersionPermissionCommand,
  CreateFunctionCommand,
  DeleteLayerVersionCommand,
  GetFunctionCommand,
  GetLayerVersionByArnCommand,
  GetLayerVersionCommand,
  GetLayerVersionPolicyCommand,
  InvokeCommand,
  ListLayersCommand,
  ListLayerVersionsCommand,
  PublishLayerVersionCommand,
  PublishVersionCommand,
  RemoveLayerVersionPermissionCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
  type CreateFunctionCommandInput,
  type LambdaClient,
  type PublishLayerVersionCommandInput,
} from '@aws-sdk/client-lambda';
import { zipInline } from '@mayfly/code';
import { makeRawZip } from '@mayfly/code/testing';
import { describe, it } from 'vitest';
import { useLambdaClient } from '../../helpers/lambda-client.ts';
import { usePlatform } from '../../helpers/platform.ts';

const ACCOUNT = 'arn:aws:lambda:us-east-1:000000000000';
const ROLE = 'arn:aws:iam::000000000000:role/lambda';
const NOT_THERE = {
  name: 'ResourceNotFoundException',
  message: 'The resource you requested does not exist.',
};

function layerArn(name: string, version?: number): string {
  return `${ACCOUNT}:layer:${name}${version === undefined ? '' : `:${version.toString()}`}`;
}

/** A layer with one module of Node.js. */
function aModule(name: string, value: string): Uint8Array {
  const content = `module.exports = ${JSON.stringify(value)};`;
  return makeRawZip([{ name: `nodejs/node_modules/${name}/index.js`, content }]);
}

async function publish(
  client: LambdaClient,
  LayerName: string,
  { ZipFile, ...more }: { ZipFile: Uint8Array } & Partial<PublishLayerVersionCommandInput>,
): Promise<string> {
  const { LayerVersionArn = '' } = await client.send(
    new PublishLayerVersionCommand({ LayerName, Content: { ZipFile }, ...more }),
  );
  return LayerVersionArn;
}

async function create(
  client: LambdaClient,
  body: string,
  overrides: Partial<CreateFunctionCommandInput> = {},
): Promise<void> {
  const source = `exports.handler = async () => ${body};`;
  const ZipFile = await zipInline({ runtime: 'nodejs24.x', handler: 'index.handler', source });
  await client.send(
    new CreateFunctionCommand({
      FunctionName: 'made',
      Role: ROLE,
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Code: { ZipFile },
      ...overrides,
    }),
  );
}

async function call(client: LambdaClient, Qualifier?: string): Promise<unknown> {
  const { Payload } = await client.send(new InvokeCommand({ FunctionName: 'made', Qualifier }));
  return JSON.parse(Payload?.transformToString() ?? 'null');
}

async function reconfigure(client: LambdaClient, Layers: string[]): Promise<void> {
  await client.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'made', Layers }));
  await waitUntilFunctionUpdatedV2({ client, maxWaitTime: 20 }, { FunctionName: 'made' });
}

async function useClient(): Promise<LambdaClient> {
  const { gatewayUrl } = await usePlatform({ functions: [] });
  return useLambdaClient(gatewayUrl);
}

describe('a layer', () => {
  it('is published, read, listed and deleted', async ({ expect }) => {
    const client = await useClient();
    const ZipFile = aModule('libs', 'one');
    const published = await client.send(
      new PublishLayerVersionCommand({
        LayerName: 'libs',
        Content: { ZipFile },
        CompatibleRuntimes: ['nodejs24.x'],
        CompatibleArchitectures: ['x86_64'],
        LicenseInfo: 'MIT',
      }),
    );
    expect(published).toMatchObject({
      LayerArn: layerArn('libs'),
      LayerVersionArn: layerArn('libs', 1),
      Version: 1,
      Description: '',
      CompatibleRuntimes: ['nodejs24.x'],
      LicenseInfo: 'MIT',
      Content: { CodeSize: ZipFile.length },
      $metadata: { httpStatusCode: 201 },
    });
    await publish(client, 'libs', { ZipFile: aModule('libs', 'two'), Description: 'second' });

    const { Content } = await client.send(
      new GetLayerVersionCommand({ LayerName: layerArn('libs'), VersionNumber: 1 }),
    );
    const archive = await (await fetch(Content?.Location ?? '')).arrayBuffer();
    expect(Buffer.from(archive).equals(ZipFile)).toBe(true);
    const byArn = await client.send(new GetLayerVersionByArnCommand({ Arn: layerArn('libs', 2) }));
    expect(byArn).toMatchObject({ Version: 2, Description: 'second' });
    expect(byArn.CompatibleRuntimes).toBeUndefined();

    const listed = await client.send(new ListLayerVersionsCommand({ LayerName: 'libs' }));
    expect(listed.LayerVersions?.map(({ Version }) => Version)).toEqual([2, 1]);
    const { Layers } = await client.send(
      new ListLayersCommand({ CompatibleRuntime: 'nodejs24.x' }),
    );
    expect(Layers).toMatchObject([{ LayerName: 'libs', LatestMatchingVersion: { Version: 1 } }]);

    await client.send(new DeleteLayerVersionCommand({ LayerName: 'libs', VersionNumber: 2 }));
    await expect(
      client.send(new GetLayerVersionCommand({ LayerName: 'libs', VersionNumber: 2 })),
    ).rejects.toMatchObject(NOT_THERE);
    expect(await publish(client, 'libs', { ZipFile })).toBe(layerArn('libs', 3));
  });

  it('is listed in pages', async ({ expect }) => {
    const client = await useClient();
    for (const name of ['a', 'b', 'c'])
      await publish(client, name, { ZipFile: aModule('x', name) });
    await publish(client, 'a', { ZipFile: aModule('x', 'again') });
    const first = await client.send(new ListLayersCommand({ MaxItems: 2 }));
    expect(first.Layers?.map(({ LayerName }) => LayerName)).toEqual(['a', 'b']);
    const rest = await client.send(new ListLayersCommand({ Marker: first.NextMarker }));
    expect(rest.Layers?.map(({ LayerName }) => LayerName)).toEqual(['c']);
    const newest = { LayerName: 'a', MaxItems: 1 };
    const { NextMarker: Marker } = await client.send(new ListLayerVersionsCommand(newest));
    const { LayerVersions } = await client.send(
      new ListLayerVersionsCommand({ ...newest, Marker }),
    );
    expect(LayerVersions?.map(({ Version }) => Version)).toEqual([1]);
  });

  it('that cannot be is refused in the words of Lambda', async ({ expect }) => {
    const client = await useClient();
    const tooSmall = {
      name: 'InvalidParameterValueException',
      message: 'Layer Version Cannot be less than 1',
    };
    const none = { LayerName: 'none', VersionNumber: 0 };
    await expect(client.send(new DeleteLayerVersionCommand(none))).rejects.toMatchObject(tooSmall);
    await expect(client.send(new GetLayerVersionCommand(none))).rejects.toMatchObject(tooSmall);
    await expect(
      client.send(new GetLayerVersionByArnCommand({ Arn: layerArn('none', 1) })),
    ).rejects.toMatchObject(NOT_THERE);
    expect((await client.send(new ListLayerVersionsCommand(none))).LayerVersions).toEqual([]);
    await client.send(new DeleteLayerVersionCommand({ ...none, VersionNumber: 4 }));
    await expect(publish(client, 'bad', { ZipFile: Buffer.from('no zip') })).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: 'Could not unzip uploaded file. Please check your file, then try to upload again.',
    });
    expect((await client.send(new ListLayersCommand({}))).Layers).toEqual([]);
  });
});

describe('the policy of a layer', () => {
  it('is read, changed under its revision, and taken away', async ({ expect }) => {
    const client = await useClient();
    const LayerVersionArn = await publish(client, 'libs', { ZipFile: aModule('libs', 'one') });
    const layer = { LayerName: 'libs', VersionNumber: 1 };
    await expect(client.send(new GetLayerVersionPolicyCommand(layer))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'No policy is associated with the given resource.',
    });
    const wanted = {
      ...layer,
      StatementId: 's1',
      Action: 'lambda:GetLayerVersion',
      Principal: '*',
    };
    const added = await client.send(new AddLayerVersionPermissionCommand(wanted));
    const statement = {
      Sid: 's1',
      Effect: 'Allow',
      Principal: '*',
      Action: 'lambda:GetLayerVersion',
      Resource: LayerVersionArn,
    };
    expect(JSON.parse(added.Statement ?? '')).toEqual(statement);
    const { Policy = '', RevisionId } = await client.send(new GetLayerVersionPolicyCommand(layer));
    expect(JSON.parse(Policy)).toMatchObject({ Statement: [statement] });
    expect(RevisionId).toBe(added.RevisionId);

    await expect(client.send(new AddLayerVersionPermissionCommand(wanted))).rejects.toMatchObject({
      name: 'ResourceConflictException',
      message:
        'The statement id (s1) provided already exists. Please provide a new statement id, or remove the existing statement.',
    });
    await expect(
      client.send(
        new AddLayerVersionPermissionCommand({ ...wanted, StatementId: 's2', RevisionId: 'old' }),
      ),
    ).rejects.toMatchObject({
      name: 'PreconditionFailedException',
      message:
        'The Revision Id provided does not match the latest Revision Id. Call the GetLayerPolicy API to retrieve the latest Revision Id',
    });
    await expect(
      client.send(new GetLayerVersionPolicyCommand({ ...layer, VersionNumber: 2 })),
    ).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: `Layer version ${layerArn('libs', 2)} does not exist.`,
    });
    await expect(
      client.send(new RemoveLayerVersionPermissionCommand({ ...layer, StatementId: 'none' })),
    ).rejects.toMatchObject({ message: 'Statement none is not found in resource policy.' });
    await client.send(
      new RemoveLayerVersionPermissionCommand({ ...layer, StatementId: 's1', RevisionId }),
    );
    await expect(client.send(new GetLayerVersionPolicyCommand(layer))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });
});

describe('the layers of a function', () => {
  it('bring modules, of which the later layer wins', async ({ expect }) => {
    const client = await useClient();
    const first = await publish(client, 'first', { ZipFile: aModule('who', 'first') });
    const second = await publish(client, 'second', { ZipFile: aModule('who', 'second') });
    await create(client, 'require("who")', { Layers: [first] });
    expect(await call(client)).toBe('first');

    await reconfigure(client, [first, second]);
    expect(await call(client)).toBe('second');
    const size = aModule('who', 'first').length;
    const { Configuration } = await client.send(new GetFunctionCommand({ FunctionName: 'made' }));
    expect(Configuration?.Layers).toEqual([
      { Arn: first, CodeSize: size },
      { Arn: second, CodeSize: size + 1 },
    ]);
    await reconfigure(client, [second, first]);
    expect(await call(client)).toBe('first');
    await reconfigure(client, []);
    expect(await call(client)).toMatchObject({ errorType: 'Error' });
  });

  it('stay with it and its versions when they are deleted', async ({ expect }) => {
    const client = await useClient();
    const layer = await publish(client, 'libs', { ZipFile: aModule('who', 'kept') });
    await create(client, '[require("who"), process.env.WAY]', { Layers: [layer] });
    await client.send(new PublishVersionCommand({ FunctionName: 'made' }));
    await client.send(new DeleteLayerVersionCommand({ LayerName: 'libs', VersionNumber: 1 }));
    await client.send(
      new UpdateFunctionConfigurationCommand({
        FunctionName: 'made',
        Environment: { Variables: { WAY: '1' } },
      }),
    );
    await waitUntilFunctionUpdatedV2({ client, maxWaitTime: 20 }, { FunctionName: 'made' });
    expect(await call(client)).toEqual(['kept', '1']);
    expect(await call(client, '1')).toEqual(['kept', null]);
    await expect(
      client.send(
        new UpdateFunctionConfigurationCommand({ FunctionName: 'made', Layers: [layer] }),
      ),
    ).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: `Layer version ${layer} does not exist.`,
    });
  });

  it.for([
    [[layerArn('none', 1)], `Layer version ${layerArn('none', 1)} does not exist.`],
    [
      [layerArn('a', 1), layerArn('a', 2)],
      `Two different versions of the same layer are not allowed to be referenced in the same function. ${layerArn('a', 1)} and ${layerArn('a', 2)} are versions of the same layer.`,
    ],
    [
      ['arn:aws:lambda:eu-west-1:000000000000:layer:a:1'],
      'Layers are not in the same region as the function. Layers are expected to be in region us-east-1.',
    ],
    [
      [1, 2, 3, 4, 5, 6].map((n) => layerArn(`l${n.toString()}`, 1)),
      'Cannot reference more than 5 layers.',
    ],
  ] as const)('must not be %j', async ([Layers, message], { expect }) => {
    const client = await useClient();
    await expect(create(client, '1', { Layers: [...Layers] })).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message,
    });
  });

  it('are named with their versions', async ({ expect }) => {
    const client = await useClient();
    await expect(create(client, '1', { Layers: [layerArn('a')] })).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(
        `1 validation error detected: Value '[${layerArn('a')}]' at 'layers' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 2048, `,
      ) as string,
    });
  });
});
