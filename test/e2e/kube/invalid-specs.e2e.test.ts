import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { PLANNED_FIELDS, type PlannedField } from '@mayfly/api';
import { afterAll, beforeAll, describe, it } from 'vitest';

const CRDS = path.resolve(import.meta.dirname, '../../../crds');
const NAMESPACE = `specs-${randomUUID().slice(0, 8)}`;

const MINIMAL = {
  Function: { runtime: 'nodejs24.x', handler: 'index.handler', code: { inline: 'x' } },
  Version: { functionName: 'f' },
  Alias: { functionName: 'f', name: 'live', functionVersion: '$LATEST' },
  EventSourceMapping: { functionName: 'f', eventSourceArn: 'arn:aws:sqs:eu-west-1:1:q' },
  LayerVersion: { layerName: 'libs', content: { zip: { url: 'http://a/libs.zip' } } },
  CodeSigningConfig: {
    allowedPublishers: {
      signingProfileVersionArns: ['arn:aws:signer:eu-west-1:000000000000:/signing-profiles/p/v1'],
    },
  },
} as const;

const VALUES = {
  string: 'x',
  integer: 1,
  boolean: true,
  object: { any: { thing: 1 } },
  strings: ['x'],
  objects: [{ any: 1 }],
} as const;

type Fields = Readonly<Record<string, unknown>>;

/** What kubectl said, of success or of trouble. */
function kubectl(args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve) => {
    const child = execFile('kubectl', args, { timeout: 30_000 }, (_error, stdout, stderr) => {
      resolve(stdout + stderr);
    });
    child.stdin?.end(input);
  });
}

/** Asks the API server to judge an object, by a client that does not ask for unknown fields. */
function judge(kind: keyof typeof MINIMAL, overrides: Fields, flags = ['--validate=ignore']) {
  const object = {
    apiVersion: 'mayfly.dev/v1alpha1',
    kind,
    metadata: { name: 'judged', namespace: NAMESPACE },
    spec: { ...MINIMAL[kind], ...overrides },
  };
  return kubectl(['create', '--dry-run=server', ...flags, '-f', '-'], JSON.stringify(object));
}

function setField({ path: place, type = 'string', value }: PlannedField): Fields {
  const [, ...segments] = place.split('.');
  const set = segments.reduceRight<unknown>(
    (inner, key) => ({ [key]: inner }),
    value ?? VALUES[type],
  );
  return set as Fields;
}

beforeAll(async () => {
  await kubectl(['apply', '--server-side', '--force-conflicts', '-f', CRDS]);
  await kubectl(['wait', '--for=condition=Established', '--timeout=20s', '-f', CRDS]);
  await kubectl(['create', 'namespace', NAMESPACE]);
});

afterAll(async () => {
  await kubectl(['delete', 'namespace', NAMESPACE, '--wait=false']);
});

describe('the API server', () => {
  it.for(PLANNED_FIELDS)('refuses by name: $kind $path $value', async (field, { expect }) => {
    const answer = await judge(field.kind, setField(field));
    expect(answer).toContain(`${field.path}: `);
    // Of a value, the list of those that are served says enough.
    if (field.value === undefined) expect(answer).toContain(field.message);
  });

  it('names a planned field beside what it would stand in for', async ({ expect }) => {
    const overrides = { eventSourceArn: undefined, source: { queue: 'x' } };
    expect(await judge('EventSourceMapping', overrides)).toContain(
      'spec.source: Forbidden: is not served yet: event sources are kept but not polled',
    );
  });

  it.for([
    ['--server-side', '.spec.memorySiz: field not declared in schema'],
    ['--server-side=false', 'unknown field "spec.memorySiz"'],
  ] as const)(
    'names a field it does not know: kubectl apply %s',
    async ([flag, text], { expect }) => {
      const object = {
        apiVersion: 'mayfly.dev/v1alpha1',
        kind: 'Function',
        metadata: { name: 'misspelt', namespace: NAMESPACE },
        spec: { ...MINIMAL.Function, memorySiz: 256 },
      };
      const args = ['apply', flag, '-f', '-'];
      expect(await kubectl(args, JSON.stringify(object))).toContain(text);
    },
  );

  it.for([
    [{ code: {} }, 'spec.code: Invalid value: must have exactly one of inline, zip and image'],
    [{ runtime: undefined }, 'spec.runtime is required'],
    [
      { code: { zip: { url: 'https://example.com/a.zip', path: 'a' } } },
      'spec.code.zip: Invalid value: must have exactly one of path, url, s3, configMap, store and oci',
    ],
    [{ code: { zip: { url: 'ftp://example.com' } } }, 'spec.code.zip.url: Invalid value'],
    [{ code: { zip: { store: 'short' } } }, 'spec.code.zip.store: Invalid value'],
    [{ code: { zip: { s3: { key: 'a' } } } }, 'spec.code.zip.s3.bucket: Required value'],
    [{ ephemeralStorage: 511 }, 'spec.ephemeralStorage: Invalid value: 511'],
    [{ memorySize: 64 }, 'spec.memorySize: Invalid value: 64'],
    [
      { environment: { variables: { AWS_REGION: 'here' } } },
      'must not set a variable that the platform sets',
    ],
    [
      { environment: { from: [{ secretKeyRef: { name: 'a', key: 'tls.crt' } }] } },
      'spec.environment.from[0]: Invalid value: needs a name: the key is no name of a variable',
    ],
    [
      { podTemplate: { labels: { 'mayfly.dev/function': 'other' } } },
      'spec.podTemplate.labels: Invalid value: keys must not begin with mayfly.dev/',
    ],
    [
      {
        permissions: ['a', 'a'].map((statementId) => ({
          ...{ statementId, principal: '*', action: 'lambda:InvokeFunction' },
        })),
      },
      'spec.permissions: Invalid value: must not hold a statementId twice',
    ],
    [
      {
        permissions: [
          {
            ...{ statementId: 'a', principal: '*', action: 'lambda:InvokeFunction' },
            functionUrlAuthType: 'NONE',
          },
        ],
      },
      'spec.permissions[0]: Invalid value: may have functionUrlAuthType with action lambda:InvokeFunctionUrl only',
    ],
  ] as const)('refuses %j', async ([overrides, text], { expect }) => {
    const answer = await judge('Function', overrides);
    // What stands between the two words differs with the version of the API server.
    expect(
      answer.replace(/Invalid value: (?:"object"|"array"|\{.*?\}|\[.*?\]): /g, 'Invalid value: '),
    ).toContain(text);
  });

  it('takes all that a cluster serves, and keeps it', async ({ expect }) => {
    const spec = {
      code: { zip: { s3: { bucket: 'code', key: 'a.zip', versionId: '1' } } },
      ephemeralStorage: 1024,
      serviceAccountName: 'reader',
      url: { authType: 'AWS_IAM' },
      permissions: [
        { statementId: 'a', principal: '000000000000', action: 'lambda:InvokeFunction' },
      ],
      environment: { from: [{ prefix: 'DB_', secretRef: { name: 'db', optional: true } }] },
      podTemplate: {
        nodeSelector: { disk: 'ssd' },
        tolerations: [{ key: 'gpu', operator: 'Exists' }],
        affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [] } },
        labels: { team: 'a' },
      },
    };
    const answer = await judge('Function', spec, ['--validate=strict', '-o', 'json']);
    expect(JSON.parse(answer)).toMatchObject({ spec });
  });
});

describe('kubectl', () => {
  it('explains where code comes from', async ({ expect }) => {
    const text = await kubectl(['explain', 'function.spec.code.zip']);
    expect(text).toContain('exactly one place');
    for (const source of ['url', 's3', 'configMap', 'store', 'path']) {
      expect(text).toMatch(new RegExp(String.raw`^  ${source}\t<`, 'm'));
    }
  });

  it.for([
    [[], 'NAME STATE READY RUNTIME MEMORY TIMEOUT ENVIRONMENTS BUSY AGE'],
    [
      ['-o', 'wide'],
      'NAME STATE READY RUNTIME MEMORY TIMEOUT ENVIRONMENTS BUSY REASON UPDATE REVISION IMAGE URL AGE',
    ],
  ] as const)('shows at a glance how functions are: %j', async ([flags, columns], { expect }) => {
    const object = {
      apiVersion: 'mayfly.dev/v1alpha1',
      kind: 'Function',
      metadata: { name: 'shown', namespace: NAMESPACE },
      spec: MINIMAL.Function,
    };
    await kubectl(['apply', '-f', '-'], JSON.stringify(object));
    const [header = ''] = (await kubectl(['get', 'fn', '-n', NAMESPACE, ...flags])).split('\n');
    expect(header.trim().split(/\s+/).join(' ')).toBe(columns);
  });
});
