import { eventually, FakeClock } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { EventRecorder, type EventContent } from './event-recorder.ts';
import { answerWith, refuseWith, useApiServer, type ApiServer } from './testing/api-server.ts';

const SUBJECT = {
  apiVersion: 'mayfly.dev/v1alpha1',
  kind: 'Function',
  metadata: { namespace: 'ns', name: 'hello', uid: 'u-1' },
} as const;
const CONTENT: EventContent = { type: 'Warning', reason: 'CodeNotFound', message: 'no archive' };
const FIVE_MINUTES_MS = 300_000;

interface Fixture {
  readonly server: ApiServer;
  readonly clock: FakeClock;
  readonly errors: unknown[];
  readonly recorder: EventRecorder;
}

async function useRecorder(): Promise<Fixture> {
  const server = await useApiServer();
  server.answer = answerWith({}, 201);
  const clock = new FakeClock();
  const errors: unknown[] = [];
  const recorder = new EventRecorder({
    api: server.api,
    clock,
    controller: 'mayfly.dev/operator',
    instance: 'operator-0',
    onError: (error) => errors.push(error),
  });
  return { server, clock, errors, recorder };
}

/** What has been written, once there is as much. */
function written({ requests }: ApiServer, count: number): Promise<Record<string, unknown>[]> {
  return eventually(() => {
    if (requests.length !== count) throw new Error(`${requests.length.toString()} were written`);
    return requests.map(({ body }) => body as Record<string, unknown>);
  });
}

describe('an event', () => {
  it('says what has happened to whom', async ({ expect }) => {
    const { server, recorder } = await useRecorder();
    recorder.record(SUBJECT, CONTENT);
    const [event] = await written(server, 1);
    expect(server.requests[0]?.path).toBe('/apis/events.k8s.io/v1/namespaces/ns/events');
    expect(event).toMatchObject({
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { namespace: 'ns', name: expect.stringMatching(/^hello\.[0-9a-f]+\.1$/) as string },
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'mayfly.dev/operator',
      reportingInstance: 'operator-0',
      type: 'Warning',
      reason: 'CodeNotFound',
      note: 'no archive',
      regarding: { kind: 'Function', namespace: 'ns', name: 'hello', uid: 'u-1' },
    });
  });

  it('is left out when it repeats itself within five minutes', async ({ expect }) => {
    const { server, clock, recorder } = await useRecorder();
    recorder.record(SUBJECT, CONTENT);
    clock.step(FIVE_MINUTES_MS - 1);
    recorder.record(SUBJECT, CONTENT);
    clock.step(1);
    recorder.record(SUBJECT, CONTENT);
    const events = await written(server, 2);
    expect(new Set(events.map(({ metadata }) => JSON.stringify(metadata))).size).toBe(2);
  });

  it.for([
    ['reason', SUBJECT, { ...CONTENT, reason: 'Other' }],
    ['message', SUBJECT, { ...CONTENT, message: 'other' }],
    ['subject', { ...SUBJECT, metadata: { ...SUBJECT.metadata, uid: 'u-2' } }, CONTENT],
  ] as const)('of another %s is another one', async ([, subject, content], { expect }) => {
    const { server, recorder } = await useRecorder();
    recorder.record(SUBJECT, CONTENT);
    recorder.record(subject, content);
    expect(await written(server, 2)).toHaveLength(2);
  });

  it('that could not be written is not left out the next time', async ({ expect }) => {
    const { server, errors, recorder } = await useRecorder();
    server.answer = refuseWith(500, 'InternalError');
    recorder.record(SUBJECT, CONTENT);
    await eventually(() => {
      expect(errors).toMatchObject([{ status: 500 }]);
    });
    recorder.record(SUBJECT, CONTENT);
    await written(server, 2);
  });

  it('has no more bytes than the API server takes, and no half characters', async ({ expect }) => {
    const { server, recorder } = await useRecorder();
    recorder.record(SUBJECT, { ...CONTENT, message: `a${'€'.repeat(1000)}` });
    const [event] = await written(server, 1);
    expect(event?.['note']).toBe(`a${'€'.repeat(341)}`);
  });

  it('of a subject with a long name has a name of its own all the same', async ({ expect }) => {
    const { server, recorder } = await useRecorder();
    const metadata = { ...SUBJECT.metadata, name: 'x'.repeat(253) };
    recorder.record({ ...SUBJECT, metadata }, CONTENT);
    const [event] = await written(server, 1);
    const { name } = event?.['metadata'] as { name: string };
    expect(name.length).toBeLessThanOrEqual(253);
    expect(event?.['regarding']).toMatchObject({ name: metadata.name });
  });
});
