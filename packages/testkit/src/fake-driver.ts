import type {
  Announcement,
  Assigned,
  AssignRequest,
  CreateRequest,
  ExecutionEnvironmentDriver,
  ExecutionEnvironmentProbe,
  FoundExecutionEnvironment,
  RuntimeSupport,
} from '@mayfly/core';

/** A driver whose execution environments exist in name only; the test makes them announce. */
export class FakeDriver implements ExecutionEnvironmentDriver {
  readonly created: CreateRequest[] = [];
  readonly assigned: AssignRequest[] = [];
  readonly lost: string[] = [];
  readonly destroyed: string[] = [];
  support: RuntimeSupport = { kind: 'available' };
  /** Set to make the next `create` calls fail. */
  createError: Error | undefined;
  /** What `assign` answers. */
  holdsInvocations = false;
  /** What `find` answers. */
  found: readonly FoundExecutionEnvironment[] = [];
  /** What `probe` answers, by id. */
  readonly probes = new Map<string, ExecutionEnvironmentProbe>();
  readonly #listeners = new Set<(announcement: Announcement) => void>();

  supports(): Promise<RuntimeSupport> {
    return Promise.resolve(this.support);
  }

  create(request: CreateRequest): Promise<void> {
    if (this.createError !== undefined) return Promise.reject(this.createError);
    this.created.push(request);
    return Promise.resolve();
  }

  assign(request: AssignRequest): Promise<Assigned> {
    this.assigned.push(request);
    const { holdsInvocations } = this;
    return Promise.resolve({ holdsInvocations });
  }

  find(): Promise<readonly FoundExecutionEnvironment[]> {
    return Promise.resolve(this.found);
  }

  probe(executionEnvironmentId: string): Promise<ExecutionEnvironmentProbe> {
    const probe = this.probes.get(executionEnvironmentId);
    return Promise.resolve(probe ?? { kind: 'unusable', message: 'no such agent' });
  }

  destroy(executionEnvironmentId: string): Promise<void> {
    this.destroyed.push(executionEnvironmentId);
    return Promise.resolve();
  }

  noteLost(executionEnvironmentId: string): void {
    this.lost.push(executionEnvironmentId);
  }

  onAnnouncement(listener: (announcement: Announcement) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  announce(announcement: Announcement): void {
    for (const listener of this.#listeners) listener(announcement);
  }

  /** Lets one come up as far as `ready`. */
  bringUp(executionEnvironmentId: string): void {
    const token = `token-of-${executionEnvironmentId}`;
    this.announce({ kind: 'waiting', executionEnvironmentId, address: '127.0.0.1:1', token });
    this.announce({
      kind: 'ready',
      executionEnvironmentId,
      initDurationMs: 5,
      initOutcome: 'success',
    });
  }
}
