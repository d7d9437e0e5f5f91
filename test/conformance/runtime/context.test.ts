import { it } from 'vitest';
import { describePromise, useProbe } from './harness/use-function.ts';

describePromise('the context', (runtime) => {
  it('has the id of the invocation and the ARN that was called', async ({ expect }) => {
    const probe = await useProbe(runtime);
    const { payload, requestId } = await probe.invoke({ ask: 'context' });
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(payload).toMatchObject({
      requestId,
      arn: `arn:aws:lambda:us-east-1:000000000000:function:${probe.name}`,
    });
  });
});
