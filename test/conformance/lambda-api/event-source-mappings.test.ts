import {
  CreateEventSourceMappingCommand,
  DeleteEventSourceMappingCommand,
  GetEventSourceMappingCommand,
  ListEventSourceMappingsCommand,
  ListTagsCommand,
  PublishVersionCommand,
  UpdateEventSourceMappingCommand,
  type CreateEventSourceMappingCommandInput,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { describe, it } from 'vitest';
import { useLambdaClient } from '../../helpers/lambda-client.ts';
import { aNodeFunction, usePlatform } from '../../helpers/platform.ts';

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:hello';
const arnOf = (service: string): string => `arn:aws:${service}:us-east-1:000000000000:orders`;
const QUEUE = { EventSourceArn: arnOf('sqs') };
const STREAM = { EventSourceArn: arnOf('kinesis'), StartingPosition: 'LATEST' } as const;
const UNKNOWN = '11111111-2222-3333-4444-555555555555';
const NOT_FOUND = {
  name: 'ResourceNotFoundException',
  message: 'The resource you requested does not exist.',
};

async function useClient(): Promise<LambdaClient> {
  const source = 'exports.handler = async () => 1;';
  const functions = [aNodeFunction('hello', source), aNodeFunction('other', source)];
  const { gatewayUrl } = await usePlatform({ functions });
  return useLambdaClient(gatewayUrl);
}

function create(client: LambdaClient, settings: Partial<CreateEventSourceMappingCommandInput>) {
  return client.send(new CreateEventSourceMappingCommand({ FunctionName: 'hello', ...settings }));
}

async function read(client: LambdaClient, UUID: string | undefined) {
  const { $metadata: _metadata, ...mapping } = await client.send(
    new GetEventSourceMappingCommand({ UUID }),
  );
  return mapping;
}

describe('event source mappings', () => {
  it('are kept with the defaults of their source, and say that it is not polled', async ({
    expect,
  }) => {
    const client = await useClient();
    const { UUID = '', State } = await create(client, { ...QUEUE, Tags: { team: 'shop' } });
    expect(State).toBe('Creating');
    const EventSourceMappingArn = `arn:aws:lambda:us-east-1:000000000000:event-source-mapping:${UUID}`;
    expect(await read(client, UUID)).toEqual({
      UUID,
      ...QUEUE,
      EventSourceMappingArn,
      FunctionArn: ARN,
      BatchSize: 10,
      MaximumBatchingWindowInSeconds: 0,
      FunctionResponseTypes: [],
      LastModified: expect.any(Date) as Date,
      State: 'Enabled',
      StateTransitionReason: expect.stringMatching(/no source is polled/) as string,
    });
    const { Tags } = await client.send(new ListTagsCommand({ Resource: EventSourceMappingArn }));
    expect(Tags).toEqual({ team: 'shop' });

    const stream = await create(client, { ...STREAM, Enabled: false });
    expect(await read(client, stream.UUID)).toMatchObject({
      State: 'Disabled',
      BatchSize: 100,
      StartingPosition: 'LATEST',
      ParallelizationFactor: 1,
      MaximumRetryAttempts: -1,
      DestinationConfig: { OnFailure: {} },
    });
  });

  it('read Kafka, with and without an ARN', async ({ expect }) => {
    const client = await useClient();
    const SelfManagedEventSource = { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ['broker:9092'] } };
    const kafka = {
      SelfManagedEventSource,
      Topics: ['orders'],
      SourceAccessConfigurations: [{ Type: 'SASL_SCRAM_512_AUTH', URI: 'secret' }],
    } as const;
    const { UUID } = await create(client, {
      ...kafka,
      Topics: ['orders'],
      SourceAccessConfigurations: [...kafka.SourceAccessConfigurations],
    });
    expect(await read(client, UUID)).toMatchObject({
      ...kafka,
      BatchSize: 100,
      StartingPosition: 'TRIM_HORIZON',
      SelfManagedKafkaEventSourceConfig: { ConsumerGroupId: UUID },
    });
  });

  it('are changed in parts, and deleted', async ({ expect }) => {
    const client = await useClient();
    const Filters = [{ Pattern: '{"body":{"kind":["order"]}}' }];
    const { UUID } = await create(client, {
      ...STREAM,
      FilterCriteria: { Filters },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
    await client.send(new PublishVersionCommand({ FunctionName: 'other' }));
    const update = await client.send(
      new UpdateEventSourceMappingCommand({
        UUID,
        FunctionName: 'other:1',
        BatchSize: 7,
        Enabled: false,
        FunctionResponseTypes: [],
      }),
    );
    expect(update.State).toBe('Updating');
    expect(await read(client, UUID)).toMatchObject({
      State: 'Disabled',
      FunctionArn: `${ARN.replace('hello', 'other')}:1`,
      BatchSize: 7,
      FilterCriteria: { Filters },
      FunctionResponseTypes: [],
    });
    await client.send(new UpdateEventSourceMappingCommand({ UUID, FilterCriteria: {} }));
    expect(await read(client, UUID)).not.toHaveProperty('FilterCriteria');
    const remove = new DeleteEventSourceMappingCommand({ UUID });
    expect((await client.send(remove)).State).toBe('Deleting');
    await expect(client.send(remove)).rejects.toMatchObject(NOT_FOUND);
  });

  it('are listed by function and by source', async ({ expect }) => {
    const client = await useClient();
    const queue = await create(client, QUEUE);
    const stream = await create(client, { ...STREAM, FunctionName: 'hello:$LATEST' });
    const foreign = await create(client, { ...QUEUE, FunctionName: 'other' });
    const list = async (of: object): Promise<unknown[]> => {
      const { EventSourceMappings = [] } = await client.send(
        new ListEventSourceMappingsCommand(of),
      );
      return EventSourceMappings.map(({ UUID }) => UUID).toSorted();
    };
    const sorted = (...mappings: readonly { UUID?: string | undefined }[]) =>
      mappings.map(({ UUID }) => UUID).toSorted();
    expect(await list({})).toEqual(sorted(queue, stream, foreign));
    expect(await list({ FunctionName: 'hello' })).toEqual(sorted(queue, stream));
    expect(await list({ FunctionName: 'hello:$LATEST' })).toEqual(sorted(stream));
    expect(await list({ EventSourceArn: QUEUE.EventSourceArn })).toEqual(sorted(queue, foreign));
    const page = new ListEventSourceMappingsCommand({ MaxItems: 2 });
    expect((await client.send(page)).NextMarker).toBeDefined();
  });

  it.for([
    [{}, 'Unrecognized event source.'],
    [{ EventSourceArn: arnOf('s3') }, 'Unrecognized event source.'],
    [{ ...QUEUE, FunctionName: 'none' }, 'Function does not exist'],
    [{ ...QUEUE, FunctionName: 'hello:none' }, 'Function does not exist'],
    [
      { ...QUEUE, DestinationConfig: { OnSuccess: { Destination: arnOf('sqs') } } },
      'Unsupported DestinationConfig parameter for given event source mapping type.',
    ],
    [
      { ...QUEUE, ParallelizationFactor: 2 },
      'Unsupported ParallelizationFactor parameter for given event source mapping type.',
    ],
    [
      { EventSourceArn: STREAM.EventSourceArn },
      "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.",
    ],
    [
      { EventSourceArn: arnOf('dynamodb'), StartingPosition: 'AT_TIMESTAMP' },
      `Unsupported starting position for arn type: ${arnOf('dynamodb')}`,
    ],
    [
      { ...QUEUE, BatchSize: 11 },
      'Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10',
    ],
    [
      { ...QUEUE, FilterCriteria: { Filters: [{ Pattern: '[]' }] } },
      'Invalid filter pattern definition.',
    ],
    [
      { ...QUEUE, ProvisionedPollerConfig: { MinimumPollers: 1 } },
      'ProvisionedPollerConfig is not served by Mayfly: sources are not polled yet.',
    ],
  ] as const)('are refused: %j', async ([settings, message], { expect }) => {
    const wanted = settings as Partial<CreateEventSourceMappingCommandInput>;
    await expect(create(await useClient(), wanted)).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message,
    });
  });

  it('are refused a second time, and not found by an unknown UUID', async ({ expect }) => {
    const client = await useClient();
    const { UUID = '' } = await create(client, QUEUE);
    await expect(create(client, QUEUE)).rejects.toMatchObject({
      name: 'ResourceConflictException',
      message: `An event source mapping with SQS arn (" ${QUEUE.EventSourceArn} ") and function (" hello ") already exists. Please update or delete the existing mapping with UUID ${UUID}`,
    });
    await expect(read(client, UNKNOWN)).rejects.toMatchObject(NOT_FOUND);
    await expect(
      client.send(new UpdateEventSourceMappingCommand({ UUID: UNKNOWN, Enabled: false })),
    ).rejects.toMatchObject(NOT_FOUND);
  });
});
