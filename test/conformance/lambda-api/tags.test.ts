import {
  GetFunctionCommand,
  ListTagsCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-lambda';
import { describe, it } from 'vitest';
import { usePublishedFunction } from '../../helpers/published-function.ts';

const Resource = 'arn:aws:lambda:us-east-1:000000000000:function:hello';

function refusalOf(answer: Promise<unknown>): Promise<unknown> {
  return answer.then(
    () => undefined,
    (error: unknown) => String(error),
  );
}

describe('tags of the Lambda API', () => {
  it('are added, replaced, and taken away', async ({ expect }) => {
    const { client } = await usePublishedFunction();
    const list = async (): Promise<unknown> =>
      (await client.send(new ListTagsCommand({ Resource }))).Tags;
    const tag = (Tags: Record<string, string>) =>
      client.send(new TagResourceCommand({ Resource, Tags }));
    const untag = (...TagKeys: string[]) =>
      client.send(new UntagResourceCommand({ Resource, TagKeys }));
    expect(await list()).toEqual({});
    expect((await tag({ A: 'tag-a' })).$metadata.httpStatusCode).toBe(204);
    await tag({ B: 'tag-b', C: 'tag-c' });
    await tag({ C: 'tag-c-newsuffix', D: 'tag-d' });
    expect(await list()).toEqual({ A: 'tag-a', B: 'tag-b', C: 'tag-c-newsuffix', D: 'tag-d' });
    const { Tags } = await client.send(new GetFunctionCommand({ FunctionName: 'hello' }));
    expect(Tags).toEqual(await list());
    expect((await untag('A')).$metadata.httpStatusCode).toBe(204);
    await untag('B', 'C', 'unknown');
    expect(await list()).toEqual({ D: 'tag-d' });
    await untag('D');
    expect(await list()).toEqual({});
  });

  it('do not change what runs', async ({ expect }) => {
    const { client, platform } = await usePublishedFunction();
    const revisionOf = async (): Promise<unknown> => {
      const { status } = (await platform.get('hello')) ?? {};
      return (status as { served?: { revision: string } } | undefined)?.served?.revision;
    };
    const before = await revisionOf();
    await client.send(new TagResourceCommand({ Resource, Tags: { A: 'a' } }));
    expect(await revisionOf()).toBe(before);
  });

  it('are those of functions, and 50 at most', async ({ expect }) => {
    const { client } = await usePublishedFunction();
    const tag = (arn: string, Tags: Record<string, string>): Promise<unknown> =>
      refusalOf(client.send(new TagResourceCommand({ Resource: arn, Tags })));
    for (const qualifier of ['1', '$LATEST']) {
      expect(await tag(`${Resource}:${qualifier}`, { A: 'a' })).toBe(
        'InvalidParameterValueException: Tags on function aliases and versions are not supported. Please specify a function ARN.',
      );
    }
    expect(await tag(Resource.replace('hello', 'unknown'), { A: 'a' })).toBe(
      `ResourceNotFoundException: Function not found: ${Resource.replace('hello', 'unknown')}`,
    );
    expect(
      await tag(
        'arn:aws:lambda:us-east-1:000000000000:event-source-mapping:00000000-0000-0000-0000-000000000000',
        { A: 'a' },
      ),
    ).toBe('ResourceNotFoundException: The resource you requested does not exist.');
    expect(await tag('hello', { A: 'a' })).toContain(
      "ValidationException: 1 validation error detected: Value 'hello' at 'resource' failed to satisfy constraint: Member must satisfy regular expression pattern:",
    );
    const many = Object.fromEntries(
      Array.from({ length: 51 }, (_, index) => [`key-${index.toString()}`, 'x']),
    );
    expect(await tag(Resource, many)).toBe(
      'InvalidParameterValueException: Number of tags exceeds resource tag limit.',
    );
    expect(await tag(Resource, {})).toBe(
      'InvalidParameterValueException: An error occurred and the request cannot be processed.',
    );
  });
});
