import { writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  CreateCodeSigningConfigCommand,
  CreateFunctionCommand,
  DeleteCodeSigningConfigCommand,
  DeleteFunctionCodeSigningConfigCommand,
  GetCodeSigningConfigCommand,
  GetFunctionCodeSigningConfigCommand,
  GetFunctionCommand,
  InvokeCommand,
  ListCodeSigningConfigsCommand,
  ListFunctionsByCodeSigningConfigCommand,
  ListTagsCommand,
  PublishLayerVersionCommand,
  PublishVersionCommand,
  PutFunctionCodeSigningConfigCommand,
  TagResourceCommand,
  UpdateCodeSigningConfigCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
  type CodeSigningPolicy,
  type CreateFunctionCommandInput,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { zipInline } from '@mayfly/code';
import { makeRawZip } from '@mayfly/code/testing';
import { eventually } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { stringify } from 'yaml';
import { useLambdaClient } from '../../helpers/lambda-client.ts';
import { aNodeFunction, usePlatform } from '../../helpers/platform.ts';

const ACCOUNT = 'arn:aws:lambda:us-east-1:000000000000';
const ROLE = 'arn:aws:iam::000000000000:role/lambda';
const PROFILE = 'arn:aws:signer:us-east-1:000000000000:/signing-profiles/test';
const GONE = `${ACCOUNT}:code-signing-config:csc-00000000000000000`;
const GONE_HERE = {
  name: 'ResourceNotFoundException',
  message: `The Lambda code signing configuration ${GONE} can not be found.`,
};
const GONE_THERE = {
  name: 'CodeSigningConfigNotFoundException',
  message: `The code signing configuration cannot be found. Check that the provided configuration is not deleted: ${GONE}.`,
};
const NO_FUNCTION = {
  name: 'ResourceNotFoundException',
  message: `Function not found: ${ACCOUNT}:function:none`,
};
const UNSIGNED = {
  name: 'CodeVerificationFailedException',
  message:
    'Lambda cannot deploy the function. The function or layer might be signed using a signature that the client is not configured to accept. Check the provided signature for made.',
  $metadata: { httpStatusCode: 400 },
};
const MADE = { FunctionName: 'made' };
const SPEC = { allowedPublishers: { signingProfileVersionArns: [PROFILE] } };

async function makeConfig(client: LambdaClient, policy?: CodeSigningPolicy): Promise<string> {
  const { CodeSigningConfig } = await client.send(
    new CreateCodeSigningConfigCommand({
      AllowedPublishers: { SigningProfileVersionArns: [PROFILE] },
      ...(policy && { CodeSigningPolicies: { UntrustedArtifactOnDeployment: policy } }),
    }),
  );
  return CodeSigningConfig?.CodeSigningConfigArn ?? '';
}

function archive(body: string): Promise<Buffer> {
  const source = `exports.handler = async () => ${body};`;
  return zipInline({ runtime: 'nodejs24.x', handler: 'index.handler', source });
}

async function create(
  client: LambdaClient,
  overrides: Partial<CreateFunctionCommandInput> = {},
): Promise<void> {
  await client.send(
    new CreateFunctionCommand({
      ...MADE,
      Role: ROLE,
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Code: { ZipFile: await archive('1') },
      ...overrides,
    }),
  );
}

async function deploy(client: LambdaClient, body: string, DryRun = false): Promise<void> {
  const ZipFile = await archive(body);
  await client.send(new UpdateFunctionCodeCommand({ ...MADE, ZipFile, DryRun }));
  await waitUntilFunctionUpdatedV2({ client, maxWaitTime: 20 }, MADE);
}

function attach(client: LambdaClient, CodeSigningConfigArn: string, FunctionName = 'made') {
  return client.send(
    new PutFunctionCodeSigningConfigCommand({ FunctionName, CodeSigningConfigArn }),
  );
}

async function call(client: LambdaClient, Qualifier?: string): Promise<unknown> {
  const { Payload } = await client.send(new InvokeCommand({ ...MADE, Qualifier }));
  return JSON.parse(Payload?.transformToString() ?? 'null');
}

async function useClient(): Promise<LambdaClient> {
  const { gatewayUrl } = await usePlatform({ functions: [] });
  return useLambdaClient(gatewayUrl);
}

describe('a code signing config', () => {
  it('is made, read, changed and deleted', async ({ expect }) => {
    const client = await useClient();
    const made = await client.send(
      new CreateCodeSigningConfigCommand({
        Description: 'Testing CodeSigning Config',
        AllowedPublishers: { SigningProfileVersionArns: [PROFILE] },
        CodeSigningPolicies: { UntrustedArtifactOnDeployment: 'Enforce' },
      }),
    );
    const { CodeSigningConfigArn = '', CodeSigningConfigId = '' } = made.CodeSigningConfig ?? {};
    expect(made.$metadata.httpStatusCode).toBe(201);
    expect(CodeSigningConfigId).toMatch(/^csc-[0-9a-f]{17}$/);
    expect(made.CodeSigningConfig).toEqual({
      CodeSigningConfigId,
      CodeSigningConfigArn: `${ACCOUNT}:code-signing-config:${CodeSigningConfigId}`,
      Description: 'Testing CodeSigning Config',
      AllowedPublishers: { SigningProfileVersionArns: [PROFILE] },
      CodeSigningPolicies: { UntrustedArtifactOnDeployment: 'Enforce' },
      LastModified: expect.stringMatching(/^\d{4}-.*\.\d{3}\+0000$/) as string,
    });
    const one = { CodeSigningConfigArn };
    const read = await client.send(new GetCodeSigningConfigCommand(one));
    expect(read.CodeSigningConfig).toEqual(made.CodeSigningConfig);

    const unchanged = await client.send(new UpdateCodeSigningConfigCommand(one));
    const { LastModified: _modified, ...settings } = made.CodeSigningConfig ?? {};
    expect(unchanged.CodeSigningConfig).toMatchObject(settings);
    const Description = 'other words';
    const changed = await client.send(new UpdateCodeSigningConfigCommand({ ...one, Description }));
    expect(changed.CodeSigningConfig).toMatchObject({ ...settings, Description });

    const deleted = await client.send(new DeleteCodeSigningConfigCommand(one));
    expect(deleted.$metadata.httpStatusCode).toBe(204);
    const { CodeSigningConfigs } = await client.send(new ListCodeSigningConfigsCommand({}));
    expect(CodeSigningConfigs).toEqual([]);
  });

  it('warns by default, has tags, and is listed in pages', async ({ expect }) => {
    const client = await useClient();
    const arns = [await makeConfig(client), await makeConfig(client), await makeConfig(client)];
    const Resource = arns[0];
    await client.send(new TagResourceCommand({ Resource, Tags: { team: 'a' } }));
    expect((await client.send(new ListTagsCommand({ Resource }))).Tags).toEqual({ team: 'a' });

    const first = await client.send(new ListCodeSigningConfigsCommand({ MaxItems: 2 }));
    const { NextMarker: Marker } = first;
    const rest = await client.send(new ListCodeSigningConfigsCommand({ Marker }));
    expect(rest.NextMarker).toBeUndefined();
    const all = [...(first.CodeSigningConfigs ?? []), ...(rest.CodeSigningConfigs ?? [])];
    expect(all.map((each) => each.CodeSigningConfigArn)).toEqual(arns.toSorted());
    expect(all[0]?.CodeSigningPolicies).toEqual({ UntrustedArtifactOnDeployment: 'Warn' });
  });

  it('that is not there is refused in the words of Lambda', async ({ expect }) => {
    const client = await useClient();
    const gone = { CodeSigningConfigArn: GONE };
    const calls = [
      () => client.send(new GetCodeSigningConfigCommand(gone)),
      () => client.send(new UpdateCodeSigningConfigCommand(gone)),
      () => client.send(new DeleteCodeSigningConfigCommand(gone)),
      () => client.send(new ListFunctionsByCodeSigningConfigCommand(gone)),
    ];
    for (const each of calls) await expect(each()).rejects.toMatchObject(GONE_HERE);
    await expect(create(client, gone)).rejects.toMatchObject(GONE_THERE);
    await create(client);
    await expect(attach(client, GONE)).rejects.toMatchObject(GONE_THERE);
    await expect(attach(client, GONE, 'none')).rejects.toMatchObject(GONE_THERE);
  });
});

describe('a function and its code signing config', () => {
  it('are joined and parted, and nothing is said of none', async ({ expect }) => {
    const client = await useClient();
    await create(client);
    const none = await client.send(new GetFunctionCodeSigningConfigCommand(MADE));
    expect(none).toEqual({ $metadata: expect.objectContaining({ httpStatusCode: 200 }) });
    const nothing = await client.send(new DeleteFunctionCodeSigningConfigCommand(MADE));
    expect(nothing.$metadata.httpStatusCode).toBe(204);

    const arn = await makeConfig(client);
    const one = { CodeSigningConfigArn: arn };
    expect(await attach(client, arn)).toMatchObject({ ...one, ...MADE });
    const found = await client.send(new GetFunctionCodeSigningConfigCommand(MADE));
    expect(found).toMatchObject({ ...one, ...MADE });
    const users = await client.send(new ListFunctionsByCodeSigningConfigCommand(one));
    expect(users.FunctionArns).toEqual([`${ACCOUNT}:function:made`]);
    await expect(client.send(new DeleteCodeSigningConfigCommand(one))).rejects.toMatchObject({
      name: 'ResourceConflictException',
      message: expect.stringContaining(arn) as string,
    });

    await client.send(new DeleteFunctionCodeSigningConfigCommand(MADE));
    const left = await client.send(new ListFunctionsByCodeSigningConfigCommand(one));
    expect(left.FunctionArns).toEqual([]);
    await client.send(new DeleteCodeSigningConfigCommand(one));
  });

  it('need a function that is there and an archive', async ({ expect }) => {
    const client = await useClient();
    const none = { FunctionName: 'none' };
    const arn = await makeConfig(client);
    await expect(attach(client, arn, 'none')).rejects.toMatchObject(NO_FUNCTION);
    await expect(client.send(new GetFunctionCodeSigningConfigCommand(none))).rejects.toMatchObject(
      NO_FUNCTION,
    );
    await expect(
      client.send(new DeleteFunctionCodeSigningConfigCommand(none)),
    ).rejects.toMatchObject(NO_FUNCTION);
    const image: Partial<CreateFunctionCommandInput> = {
      PackageType: 'Image',
      Runtime: undefined,
      Handler: undefined,
      Code: { ImageUri: 'registry.test/a:1' },
      CodeSigningConfigArn: arn,
    };
    await expect(create(client, image)).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: 'Code signing is not supported for functions created with container images.',
    });
  });
});

describe('unsigned code', () => {
  it('is served where the config warns', async ({ expect }) => {
    const client = await useClient();
    await create(client, { CodeSigningConfigArn: await makeConfig(client, 'Warn') });
    expect(await call(client)).toBe(1);
    await deploy(client, '2');
    expect(await call(client)).toBe(2);
    const { Configuration } = await client.send(new GetFunctionCommand(MADE));
    expect(Configuration).not.toHaveProperty('SigningJobArn');
  });

  it('makes no function where the config enforces', async ({ expect }) => {
    const client = await useClient();
    const CodeSigningConfigArn = await makeConfig(client, 'Enforce');
    await expect(create(client, { CodeSigningConfigArn })).rejects.toMatchObject(UNSIGNED);
    await expect(client.send(new GetFunctionCommand(MADE))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  it('goes on where it was deployed before, and is not followed by other', async ({ expect }) => {
    const client = await useClient();
    await create(client);
    await client.send(new PublishVersionCommand(MADE));
    const arn = await makeConfig(client, 'Enforce');
    await attach(client, arn);
    expect(await call(client)).toBe(1);

    await expect(deploy(client, '2')).rejects.toMatchObject(UNSIGNED);
    await expect(deploy(client, '1')).rejects.toMatchObject(UNSIGNED);
    await expect(deploy(client, '2', true)).rejects.toMatchObject(UNSIGNED);
    await client.send(new UpdateFunctionConfigurationCommand({ ...MADE, Description: 'words' }));
    await waitUntilFunctionUpdatedV2({ client, maxWaitTime: 20 }, MADE);
    expect(await call(client)).toBe(1);
    expect(await call(client, '1')).toBe(1);

    await client.send(
      new UpdateCodeSigningConfigCommand({
        CodeSigningConfigArn: arn,
        CodeSigningPolicies: { UntrustedArtifactOnDeployment: 'Warn' },
      }),
    );
    await deploy(client, '2');
    expect(await call(client)).toBe(2);
  });

  it('is not brought by layers, and is let in when the config is taken away', async ({
    expect,
  }) => {
    const client = await useClient();
    await create(client);
    const content = makeRawZip([{ name: 'nodejs/node_modules/libs/index.js', content: '' }]);
    const { LayerVersionArn = '' } = await client.send(
      new PublishLayerVersionCommand({ LayerName: 'libs', Content: { ZipFile: content } }),
    );
    await attach(client, await makeConfig(client, 'Enforce'));
    const layered = new UpdateFunctionConfigurationCommand({ ...MADE, Layers: [LayerVersionArn] });
    await expect(client.send(layered)).rejects.toMatchObject(UNSIGNED);
    const { Configuration } = await client.send(new GetFunctionCommand(MADE));
    expect(Configuration).toMatchObject({ LastUpdateStatus: 'Successful' });
    expect(Configuration?.Layers).toBeUndefined();

    await client.send(new DeleteFunctionCodeSigningConfigCommand(MADE));
    expect(await client.send(layered)).toMatchObject({ Layers: [{ Arn: LayerVersionArn }] });
  });
});

describe('a CodeSigningConfig that is applied', () => {
  const NAMED = 'csc-0000000000000beef';
  const arn = `${ACCOUNT}:code-signing-config:${NAMED}`;

  function writeConfig(folder: string, name: string, policy: CodeSigningPolicy): void {
    const manifest = {
      apiVersion: 'mayfly.dev/v1alpha1',
      kind: 'CodeSigningConfig',
      metadata: { name },
      spec: { ...SPEC, policies: { untrustedArtifactOnDeployment: policy } },
    };
    writeFileSync(path.join(folder, `${name}.yaml`), stringify(manifest));
  }

  it('is one of the API, and holds for functions that are applied', async ({ expect }) => {
    const platform = await usePlatform({ functions: [] });
    const client = useLambdaClient(platform.gatewayUrl);
    const reasonOf = (): Promise<unknown> =>
      eventually(async () => {
        const { status } = (await platform.get('made')) ?? {};
        const signed = status?.conditions?.find(({ type }) => type === 'CodeSigned');
        return [status?.lastUpdateStatus, signed?.reason].join(' ');
      });
    const becomes = (wanted: string): Promise<void> =>
      eventually(async () => {
        const reason = await reasonOf();
        if (reason !== wanted) throw new Error(`it is ${String(reason)}, not ${wanted}`);
      });

    // A Function that names one that is not there yet.
    platform.apply(
      aNodeFunction('made', 'exports.handler = async () => 1;', { codeSigningConfigArn: arn }),
    );
    await becomes('Failed CodeSigningConfigNotFound');
    writeConfig(platform.manifestDir, NAMED, 'Warn');
    await becomes('Successful CodeNotSigned');
    expect(await call(client)).toBe(1);

    writeConfig(platform.manifestDir, NAMED, 'Enforce');
    const one = { CodeSigningConfigArn: arn };
    await eventually(async () => {
      const { CodeSigningConfig } = await client.send(new GetCodeSigningConfigCommand(one));
      expect(CodeSigningConfig?.CodeSigningPolicies?.UntrustedArtifactOnDeployment).toBe('Enforce');
    });
    platform.apply(
      aNodeFunction('made', 'exports.handler = async () => 2;', { codeSigningConfigArn: arn }),
    );
    await becomes('Failed CodeVerificationFailed');
    expect(await call(client)).toBe(1);
    platform.apply(aNodeFunction('made', 'exports.handler = async () => 2;'));
    await becomes('Successful ');
    expect(await call(client)).toBe(2);
  });

  it('has an id whatever its name is', async ({ expect }) => {
    const platform = await usePlatform({ functions: [] });
    const client = useLambdaClient(platform.gatewayUrl);
    writeConfig(platform.manifestDir, 'my-signers', 'Warn');
    const [config] = await eventually(async () => {
      const { CodeSigningConfigs = [] } = await client.send(new ListCodeSigningConfigsCommand({}));
      if (CodeSigningConfigs.length === 0) throw new Error('there is none yet');
      return CodeSigningConfigs;
    });
    expect(config?.CodeSigningConfigId).toMatch(/^csc-[0-9a-f]{17}$/);
    await create(client, { CodeSigningConfigArn: config?.CodeSigningConfigArn });
    expect(await client.send(new GetFunctionCodeSigningConfigCommand(MADE))).toMatchObject({
      CodeSigningConfigArn: config?.CodeSigningConfigArn,
    });
  });
});
