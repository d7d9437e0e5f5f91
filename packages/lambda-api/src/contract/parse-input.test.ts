import { describe, it, type ExpectStatic } from 'vitest';
import { CONTRACT } from './contract.ts';
import type { OperationName } from './generated/lambda-2015-03-31.ts';
import { parseInput, toInputError, type RequestParts } from './parse-input.ts';
import { aRequest } from './testing/request.ts';

const NAME_PATTERN =
  '(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?';
const named = { pathParameters: { FunctionName: 'hello' } };
const role = 'arn:aws:iam::123456789012:role/r';
const create = { FunctionName: 'hello', Role: role, Code: { S3Bucket: 'bucket', S3Key: 'key' } };

function errorOf(operation: OperationName, request: RequestParts): string {
  const parsed = parseInput(operation, request);
  if (parsed.kind === 'parsed') return 'parsed';
  const { code, message } = toInputError(parsed);
  return `${code}: ${message}`;
}

function expectInvalid(
  expect: ExpectStatic,
  [operation, request]: readonly [OperationName, RequestParts],
  sentence: string,
): void {
  expect(errorOf(operation, request)).toBe(
    `ValidationException: 1 validation error detected: ${sentence}`,
  );
}

describe('parseInput', () => {
  it('reads members out of path, query, headers and body', ({ expect }) => {
    const parsed = parseInput(
      'AddPermission',
      aRequest({
        ...named,
        query: { Qualifier: 'live' },
        body: { StatementId: 's', Action: 'lambda:InvokeFunction', Principal: '*', Other: [1] },
      }),
    );
    expect(parsed).toEqual({
      kind: 'parsed',
      input: {
        FunctionName: 'hello',
        Qualifier: 'live',
        StatementId: 's',
        Action: 'lambda:InvokeFunction',
        Principal: '*',
      },
    });
  });

  it('hands the body of an invocation on as it is', ({ expect }) => {
    const body = new Uint8Array([0, 255, 123]);
    const headers = { 'x-amz-log-type': 'Tail', 'x-amz-invocation-type': 'Event' };
    expect(parseInput('Invoke', aRequest({ ...named, headers, body }))).toEqual({
      kind: 'parsed',
      input: { FunctionName: 'hello', LogType: 'Tail', InvocationType: 'Event', Payload: body },
    });
  });

  it('reads a structure that is the whole body', ({ expect }) => {
    const pathParameters = { CallbackId: 'abcd' };
    const body = { ErrorMessage: 'no' };
    const request = aRequest({ pathParameters, body });
    expect(parseInput('SendDurableExecutionCallbackFailure', request)).toEqual({
      kind: 'parsed',
      input: { CallbackId: 'abcd', Error: { ErrorMessage: 'no' } },
    });
  });

  it('reads base64, booleans, numbers and nested structures', ({ expect }) => {
    const body = {
      ...create,
      Code: { ZipFile: 'UEsDBA==' },
      Publish: 'true',
      Timeout: 3.9,
      Environment: { Variables: { KEY: '', PROTO_x: 'y' } },
      Description: null,
    };
    expect(parseInput('CreateFunction', aRequest({ body }))).toMatchObject({
      kind: 'parsed',
      input: {
        Code: { ZipFile: Buffer.from('PK\u0003\u0004') },
        Publish: true,
        Timeout: 3,
        Environment: { Variables: { KEY: '', PROTO_x: 'y' } },
      },
    });
  });

  it('keeps a key that is a word of JavaScript', ({ expect }) => {
    const body = '{"Resource":"x","Tags":{"__proto__":"a","constructor":"b"}}';
    const parsed = parseInput(
      'TagResource',
      aRequest({
        pathParameters: { Resource: 'arn:aws:lambda:eu-west-1:123456789012:function:hello' },
        body,
      }),
    );
    const tags = parsed.kind === 'parsed' ? parsed.input.Tags : {};
    expect(Object.entries(tags)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
  });

  it('reads numbers, lists and moments out of a query', ({ expect }) => {
    const query = {
      Statuses: ['RUNNING', 'FAILED'],
      StartedAfter: '2026-01-02T03:04:05Z',
      ReverseOrder: 'true',
      MaxItems: '7',
      Marker: '',
    };
    const request = aRequest({ ...named, query });
    expect(parseInput('ListDurableExecutionsByFunction', request)).toEqual({
      kind: 'parsed',
      input: {
        FunctionName: 'hello',
        Statuses: ['RUNNING', 'FAILED'],
        StartedAfter: new Date('2026-01-02T03:04:05Z'),
        ReverseOrder: true,
        MaxItems: 7,
      },
    });
  });

  it('takes the values that the platform accepts', ({ expect }) => {
    const request = aRequest({
      pathParameters: { LayerName: 'l' },
      body: { Content: { ZipFile: '' }, CompatibleRuntimes: ['deno2'] },
    });
    expect(parseInput('PublishLayerVersion', request).kind).toBe('invalid');
    const enumValues = { Runtime: ['deno2'] };
    expect(parseInput('PublishLayerVersion', request, { enumValues }).kind).toBe('parsed');
  });

  it('leaves the runtime of a function to the operation', ({ expect }) => {
    const body = { ...create, Runtime: 'no-such-runtime' };
    expect(parseInput('CreateFunction', aRequest({ body })).kind).toBe('parsed');
  });
});

describe('sentences of Lambda about input', () => {
  it.for<readonly [string, OperationName, RequestParts, string]>([
    [
      'a name that is none',
      'CreateFunction',
      aRequest({ body: { ...create, FunctionName: 'invalid:function:name' } }),
      `Value 'invalid:function:name' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: ${NAME_PATTERN}`,
    ],
    [
      'a name that is too long',
      'CreateFunction',
      aRequest({ body: { ...create, FunctionName: 'a'.repeat(141) } }),
      `Value '${'a'.repeat(141)}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 140`,
    ],
    [
      'an alias that is a number',
      'CreateAlias',
      aRequest({ ...named, body: { Name: '2024', FunctionVersion: '1' } }),
      "Value '2024' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)",
    ],
    [
      'a function URL of a version',
      'CreateFunctionUrlConfig',
      aRequest({ ...named, query: { Qualifier: '1' }, body: { AuthType: 'NONE' } }),
      "Value '1' at 'qualifier' failed to satisfy constraint: Member must satisfy regular expression pattern: ((?!^\\d+$)^[0-9a-zA-Z-_]+$)",
    ],
    [
      'an unknown invoke mode',
      'UpdateFunctionUrlConfig',
      aRequest({ ...named, body: { InvokeMode: 'UNKNOWN' } }),
      "Value 'UNKNOWN' at 'invokeMode' failed to satisfy constraint: Member must satisfy enum value set: [RESPONSE_STREAM, BUFFERED]",
    ],
    [
      'an unknown architecture of layers',
      'ListLayers',
      aRequest({ query: { CompatibleArchitecture: 'archdoesnotexist' } }),
      "Value 'archdoesnotexist' at 'compatibleArchitecture' failed to satisfy constraint: Member must satisfy enum value set: [x86_64, arm64]",
    ],
    [
      'an action that layers do not have',
      'AddLayerVersionPermission',
      aRequest({
        pathParameters: { LayerName: 'l', VersionNumber: '1' },
        body: { StatementId: 's1', Action: '*', Principal: '*' },
      }),
      "Value '*' at 'action' failed to satisfy constraint: Member must satisfy regular expression pattern: lambda:GetLayerVersion",
    ],
    [
      'a weight above one',
      'CreateAlias',
      aRequest({
        ...named,
        body: {
          Name: 'live',
          FunctionVersion: '1',
          RoutingConfig: { AdditionalVersionWeights: { '2': 2 } },
        },
      }),
      "Value '{2=2.0}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]",
    ],
    [
      'a weight of $LATEST',
      'UpdateAlias',
      aRequest({
        pathParameters: { FunctionName: 'hello', Name: 'live' },
        body: { RoutingConfig: { AdditionalVersionWeights: { $LATEST: 0.5 } } },
      }),
      "Value '{$LATEST=0.5}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+]",
    ],
    [
      'a destination in a nested structure',
      'PutFunctionEventInvokeConfig',
      aRequest({
        ...named,
        body: { DestinationConfig: { OnFailure: { Destination: 'arn:aws:_-/!lambda:x' } } },
      }),
      "Value 'arn:aws:_-/!lambda:x' at 'destinationConfig.onFailure.destination' failed to satisfy constraint: Member must satisfy regular expression pattern: $|kafka://([^.]([a-zA-Z0-9\\-_.]{0,248}))|arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\\-])+:((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1})?:(\\d{12})?:(.*)",
    ],
    [
      'a security group of another form',
      'UpdateFunctionConfiguration',
      aRequest({ ...named, body: { VpcConfig: { SecurityGroupIds: ['group'] } } }),
      "Value '[group]' at 'vpcConfig.securityGroupIds' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 0, Member must satisfy regular expression pattern: sg-[0-9a-zA-Z]*]",
    ],
    [
      'the ARN of a layer without a version',
      'UpdateFunctionConfiguration',
      aRequest({ ...named, body: { Layers: ['arn:aws:lambda:eu-west-1:111111111111:layer:l'] } }),
      "Value '[arn:aws:lambda:eu-west-1:111111111111:layer:l]' at 'layers' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 2048, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: ((arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+)|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+)), Member must not be null]",
    ],
    [
      'a variable that cannot be one, which is a secret',
      'UpdateFunctionConfiguration',
      aRequest({ ...named, body: { Environment: { Variables: { '1X': 'secret' } } } }),
      "Value at 'environment.variables' failed to satisfy constraint: Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]",
    ],
    [
      'a key that is no ARN',
      'UpdateFunctionConfiguration',
      aRequest({ ...named, body: { KMSKeyArn: '"key"' } }),
      "Value '\"key\"' at 'kMSKeyArn' failed to satisfy constraint: Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|()",
    ],
    [
      'a member that is missing',
      'CreateFunction',
      aRequest({ body: { FunctionName: 'hello', Role: role } }),
      "Value null at 'code' failed to satisfy constraint: Member must not be null",
    ],
    [
      'a number that is too small',
      'PutFunctionConcurrency',
      aRequest({ ...named, body: { ReservedConcurrentExecutions: -1 } }),
      "Value '-1' at 'reservedConcurrentExecutions' failed to satisfy constraint: Member must have value greater than or equal to 0",
    ],
    [
      'a member of a structure in a list',
      'UpdateFunctionConfiguration',
      aRequest({
        ...named,
        body: {
          FileSystemConfigs: [
            {
              Arn: 'arn:aws:elasticfilesystem:eu-west-1:123456789012:access-point/fsap-0123456789abcdef0',
              LocalMountPath: '/data',
            },
          ],
        },
      }),
      "Value '/data' at 'fileSystemConfigs.1.member.localMountPath' failed to satisfy constraint: Member must satisfy regular expression pattern: /mnt/[a-zA-Z0-9-_.]+",
    ],
    [
      'a list that is too long',
      'CreateFunction',
      aRequest({ body: { ...create, Architectures: ['arm64', 'x86_64'] } }),
      "Value '[arm64, x86_64]' at 'architectures' failed to satisfy constraint: Member must have length less than or equal to 1",
    ],
    [
      'an unknown type of invocation',
      'Invoke',
      aRequest({ ...named, headers: { 'x-amz-invocation-type': 'Soon' } }),
      "Value 'Soon' at 'invocationType' failed to satisfy constraint: Member must satisfy enum value set: [Event, RequestResponse, DryRun]",
    ],
  ])('tell of %s', ([, operation, request, sentence], { expect }) => {
    expectInvalid(expect, [operation, request], sentence);
  });

  it('are counted and joined', ({ expect }) => {
    const runtimes =
      'nodejs20.x, python3.14, provided.al2023, python3.12, python3.13, nodejs24.x, nodejs22.x, java25, python3.10, python3.11, java21, ruby3.3, ruby3.4, ruby3.2, python3.8, python3.9, java17, nodejs16.x, dotnet10, dotnet8, java11, dotnet6, nodejs18.x, provided.al2, java8.al2';
    const shape = CONTRACT.shapes['Runtime'];
    const known = shape?.type === 'string' ? (shape.enum ?? []) : [];
    const parsed = parseInput(
      'PublishLayerVersion',
      aRequest({
        pathParameters: { LayerName: 'l' },
        body: {
          Content: { ZipFile: '' },
          CompatibleRuntimes: ['invalidruntime', 'invalidruntime2', 'nodejs20.x'],
          CompatibleArchitectures: ['invalidarch', 'x86_64'],
        },
      }),
      {
        enumValues: { Runtime: known.filter((runtime) => runtimes.split(', ').includes(runtime)) },
      },
    );
    if (parsed.kind === 'parsed') throw new Error('the input was taken');
    expect(toInputError(parsed).message).toBe(
      `2 validation errors detected: Value '[invalidruntime, invalidruntime2, nodejs20.x]' at 'compatibleRuntimes' failed to satisfy constraint: Member must satisfy enum value set: [${runtimes}]; Value '[invalidarch, x86_64]' at 'compatibleArchitectures' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]`,
    );
  });

  it('name the pattern before the length', ({ expect }) => {
    expect(errorOf('CreateFunction', aRequest({ body: { ...create, FunctionName: '' } }))).toBe(
      `ValidationException: 2 validation errors detected: Value '' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: ${NAME_PATTERN}; Value '' at 'functionName' failed to satisfy constraint: Member must have length greater than or equal to 1`,
    );
  });

  it('are a hundred at most, and none of them without an end', ({ expect }) => {
    const Filters = Array.from({ length: 1000 }, () => ({ Pattern: 'x'.repeat(20_000) }));
    const body = { FunctionName: 'hello', FilterCriteria: { Filters } };
    const text = errorOf('CreateEventSourceMapping', aRequest({ body }));
    expect(text).toContain('100 validation errors detected: ');
    expect(text).toContain("at 'filterCriteria.filters.100.member.pattern' failed");
    expect(text.length).toBeLessThan(100 * 10_500);
  });
});

describe('bodies of another form', () => {
  it.for([
    ['{', 'Could not parse request body into json.'],
    [new Uint8Array([0x22, 0xff, 0x22]), 'Could not parse request body into json.'],
    ['[]', 'Start of list found where not expected'],
    ['"text"', 'Expected null'],
    ['null', 'Expected null'],
    ['{"FunctionName":1}', 'NUMBER_VALUE can not be converted to a String'],
    ['{"FunctionName":true}', 'TRUE_VALUE can not be converted to a String'],
    ['{"FunctionName":false}', 'FALSE_VALUE can not be converted to a String'],
    ['{"FunctionName":[]}', 'Start of list found where not expected'],
    ['{"FunctionName":{}}', 'Start of structure or map found where not expected.'],
    ['{"Timeout":"3"}', 'STRING_VALUE can not be converted to an Integer'],
    ['{"Timeout":4294967296}', 'NUMBER_VALUE can not be converted to an Integer'],
    ['{"Timeout":1e999}', 'NUMBER_VALUE can not be converted to an Integer'],
    ['{"Publish":"perhaps"}', 'STRING_VALUE can not be converted to a Boolean'],
    ['{"Publish":1}', 'NUMBER_VALUE can not be converted to a Boolean'],
    ['{"Layers":"one"}', 'Expected list or null'],
    ['{"Layers":{}}', 'Start of structure or map found where not expected.'],
    ['{"Code":"here"}', 'Expected null'],
    ['{"Code":[]}', 'Start of list found where not expected'],
    ['{"Code":{"ZipFile":"a"}}', 'STRING_VALUE can not be converted to a ByteBuffer'],
    ['{"Code":{"ZipFile":"a b="}}', 'STRING_VALUE can not be converted to a ByteBuffer'],
    ['{"Code":{"ZipFile":7}}', 'NUMBER_VALUE can not be converted to a ByteBuffer'],
    ['{"Environment":{"Variables":{"KEY":7}}}', 'NUMBER_VALUE can not be converted to a String'],
  ] as const)('are refused: %j', ([body, message], { expect }) => {
    expect(errorOf('CreateFunction', aRequest({ body }))).toBe(
      `SerializationException: ${message}`,
    );
  });

  it('are refused in a query too', ({ expect }) => {
    expect(errorOf('ListFunctions', aRequest({ query: { MaxItems: 'many' } }))).toBe(
      'SerializationException: STRING_VALUE can not be converted to an Integer',
    );
  });

  it('do not matter to an operation that takes none', ({ expect }) => {
    expect(errorOf('GetFunction', aRequest({ ...named, body: '{' }))).toBe('parsed');
  });
});
