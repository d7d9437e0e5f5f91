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
const MAX_MESSAGE_BYTES = 1024;
/** Of 253 for the name of an event: the rest makes it unique. */
const MAX_SUBJECT_LENGTH = 220;

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
    this.#write(subject, content, nowMs).catch((error: unknown) => {
      // Nobody has seen it: the next one is not left out.
      this.#written.delete(key);
      this.#deps.onError(error);
    });
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
      metadata: { name: `${name.slice(0, MAX_SUBJECT_LENGTH)}.${suffix}`, namespace },
      eventTime: new Date(nowMs).toISOString().replace('Z', '000Z'),
      reportingController: controller,
      reportingInstance: instance,
      action: 'Reconcile',
      type: content.type,
      reason: content.reason,
      note: cut(content.message),
      regarding: { apiVersion, kind, namespace, name, uid },
    };
    await api.call({ method: 'POST', path, body });
  }
}

/** The API server counts bytes; half a character is left out. */
function cut(message: string): string {
  const bytes = Buffer.from(message);
  if (bytes.length <= MAX_MESSAGE_BYTES) return message;
  return new TextDecoder().decode(bytes.subarray(0, MAX_MESSAGE_BYTES), { stream: true });
}
