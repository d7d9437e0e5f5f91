import { describe, it } from 'vitest';
import { useReleaseWorld } from '../../helpers/release-world.ts';

const eventSourceArn = 'arn:aws:sqs:eu-west-1:000000000000:orders';

describe('an EventSourceMapping', () => {
  it("says in Lambda's words that its version is gone, and when there is one again", async ({
    expect,
  }) => {
    const { create, says, serve, remove, events } = await useReleaseWorld();
    await serve('hello', 'code 1');
    await create('Version', 'hello-1', { functionName: 'hello' });
    await says('Version', 'hello-1', 'True Published');
    await create('EventSourceMapping', 'orders', { functionName: 'hello:1', eventSourceArn });
    await says('EventSourceMapping', 'orders', 'False NotServed');
    await remove('Version', 'hello-1');
    const { status } = await says('EventSourceMapping', 'orders', 'False VersionNotFound');
    expect(status?.conditions[0]?.message).toBe(
      'Function not found: arn:aws:lambda:eu-west-1:000000000000:function:hello:1',
    );
    expect(events).toContain('Warning VersionNotFound');
  });

  it('waits for a function and an alias that are made later', async ({ expect }) => {
    const { create, says, serve } = await useReleaseWorld();
    await create('EventSourceMapping', 'orders', { functionName: 'hello:live', eventSourceArn });
    await says('EventSourceMapping', 'orders', 'False FunctionNotFound');
    await serve('hello', 'code 1');
    await says('EventSourceMapping', 'orders', 'False AliasNotFound');
    await create('Alias', 'live', {
      functionName: 'hello',
      name: 'live',
      functionVersion: '$LATEST',
    });
    const { status } = await says('EventSourceMapping', 'orders', 'False NotServed');
    expect(status?.conditions).toHaveLength(1);
  });
});
