import type { Clock } from '@mayfly/core';
import type { KubeApi } from './kube-api.ts';

/** Whom an event is about. */
export interface EventSubject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly namespace: string; readonly name: string; readonly uid: string };
}

/** What has happened. */
export interface EventContent {
  readonly type: 'Normal' | 'Warning';
  /** PascalCase constant. */
  readonly reason: string;
  readonly message: string;
}

/** What a recorder needs. */
export interface EventRecorderDeps {
  readonly api: KubeApi;
  readonly clock: Clock;
  /** Shown as the event's source. */
  readonly controller: string;
  /** Name of this process. */
  readonly instance: string;
  readonly onError: (error: unknown) => void;
}

const REPEAT_MS = 300_000;
const MAX_REMEMBERED = 1000;
const MAX_MESSAGE_LENGTH = 1024;

/** Writes Kubernetes events in the background. The same one again within five minutes is left out. */
export class EventRecorder {
  readonly #deps: EventRecorderDeps;
  readonly #written = new Map<string, number>();
  #sequence = 0;

  constructor(deps: EventRecorderDeps) {
    this.#deps = deps;
  }

  record(subject: EventSubject, content: EventContent): void {
    const nowMs = this.#deps.clock.now();
    const key = [subject.metadata.uid, content.reason, content.message].join('\n');
    const writtenMs = this.#written.get(key);
    if (writtenMs !== undefined && nowMs - writtenMs < REPEAT_MS) return;
    if (this.#written.size >= MAX_REMEMBERED) this.#written.clear();
    this.#written.set(key, nowMs);
    this.#write(subject, content, nowMs).catch(this.#deps.onError);
  }

  async #write(subject: EventSubject, content: EventContent, nowMs: number): Promise<void> {
    const { api, controller, instance } = this.#deps;
    const { apiVersion, kind } = subject;
    const { namespace, name, uid } = subject.metadata;
    this.#sequence += 1;
    const suffix = `${nowMs.toString(16)}.${this.#sequence.toString(16)}`;
    const path = `/apis/events.k8s.io/v1/namespaces/${namespace}/events`;
    const body = {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: `${name}.${suffix}`, namespace },
      eventTime: new Date(nowMs).toISOString().replace('Z', '000Z'),
      reportingController: controller,
      reportingInstance: instance,
      action: 'Reconcile',
      type: content.type,
      reason: content.reason,
      note: content.message.slice(0, MAX_MESSAGE_LENGTH),
      regarding: { apiVersion, kind, namespace, name, uid },
    };
    await api.call({ method: 'POST', path, body });
  }
}
