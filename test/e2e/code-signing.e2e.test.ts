import {
  GetFunctionCodeSigningConfigCommand,
  InvokeCommand,
  ListFunctionsByCodeSigningConfigCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda';
import { makeRawZip } from '@mayfly/code/testing';
import { eventually } from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import { useLambdaClient } from '../helpers/lambda-client.ts';
import {
  aFunctionManifest,
  API_NAMESPACE,
  apply,
  deleteFunction,
  gatewayUrl,
  getFunction,
  kubectl,
  nodeSpec,
  refusalOf,
  uniqueName,
} from './helpers/cluster.ts';

const PROFILE = 'arn:aws:signer:us-east-1:000000000000:/signing-profiles/test/v1';

function aConfig(name: string, untrustedArtifactOnDeployment: string): object {
  return {
    apiVersion: 'mayfly.dev/v1alpha1',
    kind: 'CodeSigningConfig',
    metadata: { name, namespace: API_NAMESPACE },
    spec: {
      allowedPublishers: { signingProfileVersionArns: [PROFILE] },
      policies: { untrustedArtifactOnDeployment },
    },
  };
}

/** Applies a config that goes with the test, and waits for its ARN. */
async function useConfig(name: string): Promise<string> {
  apply(aConfig(name, 'Enforce'));
  onTestFinished(() => {
    kubectl('delete', 'codesigningconfig', name, '-n', API_NAMESPACE);
  });
  return eventually(() => {
    const path = 'jsonpath={.status.codeSigningConfigArn}';
    const arn = kubectl('get', 'csc', name, '-n', API_NAMESPACE, '-o', path);
    if (arn === '') throw new Error(`${name} has no ARN yet`);
    return arn;
  });
}

/** The reasons of `Ready` and of `CodeSigned`. */
function reasonsOf(name: string): readonly (string | undefined)[] {
  const { conditions = [] } = getFunction(name).status ?? {};
  return ['Ready', 'CodeSigned'].map((wanted) => {
    return conditions.find(({ type }) => type === wanted)?.reason;
  });
}

describe('a CodeSigningConfig', () => {
  it(
    'that enforces lets in no code, by kubectl or by the API, until it warns',
    { timeout: 180_000 },
    async ({ expect }) => {
      const client = useLambdaClient(gatewayUrl());
      const config = uniqueName('signers');
      const FunctionName = uniqueName('signed');
      const codeSigningConfigArn = await useConfig(config);
      const says = (...wanted: readonly string[]): Promise<void> =>
        eventually(() => {
          expect(reasonsOf(FunctionName)).toEqual(wanted);
        });

      const spec = nodeSpec('exports.handler = async () => 1;');
      apply(aFunctionManifest(FunctionName, { ...spec, codeSigningConfigArn }));
      onTestFinished(() => {
        deleteFunction(FunctionName);
      });
      await says('CodeVerificationFailed', 'CodeVerificationFailed');
      apply(aConfig(config, 'Warn'));
      await says('Active', 'CodeNotSigned');
      const events = kubectl('events', '-n', API_NAMESPACE, '--for', `function/${FunctionName}`);
      expect(events).toContain('CodeNotSigned');

      apply(aConfig(config, 'Enforce'));
      const CodeSigningConfigArn = codeSigningConfigArn;
      expect(
        await client.send(new GetFunctionCodeSigningConfigCommand({ FunctionName })),
      ).toMatchObject({ FunctionName, CodeSigningConfigArn });
      const { FunctionArns } = await client.send(
        new ListFunctionsByCodeSigningConfigCommand({ CodeSigningConfigArn }),
      );
      expect(FunctionArns).toEqual([expect.stringContaining(FunctionName)]);
      const ZipFile = makeRawZip([
        { name: 'index.js', content: 'exports.handler = async () => 2' },
      ]);
      await eventually(() =>
        expect(
          client.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile, DryRun: true })),
        ).rejects.toMatchObject({ name: 'CodeVerificationFailedException' }),
      );
      const { Payload } = await client.send(new InvokeCommand({ FunctionName }));
      expect(Payload?.transformToString()).toBe('1');
    },
  );

  it('is refused by the API server when it names nobody', ({ expect }) => {
    const config = { ...aConfig(uniqueName('nobody'), 'Warn') };
    const spec = { allowedPublishers: { signingProfileVersionArns: [] } };
    expect(refusalOf({ ...config, spec })).toContain('signingProfileVersionArns');
    expect(refusalOf(aConfig(uniqueName('odd'), 'Ignore'))).toContain('"Warn", "Enforce"');
  });
});
