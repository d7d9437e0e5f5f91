import type {
  Announcement,
  Assigned,
  AssignRequest,
  CreateRequest,
  ExecutionEnvironmentDriver,
  ExecutionEnvironmentProbe,
  FoundExecutionEnvironment,
  RevisionKey,
  RuntimeSupport,
} from '@mayfly/core';

/** An execution environment as it really is, whatever anybody believes of it. */
export interface ModelMachine {
  readonly id: string;
  readonly key: RevisionKey;
  state: 'created' | 'waiting' | 'initialising' | 'ready' | 'ended';
  /** Ends the invocation that it runs. */
  running: ((how: 'completed' | 'broken') => void) | undefined;
}

/** The machines of the world: they outlive operators. One takes a step when the test says so. */
export class ModelMachines implements ExecutionEnvironmentDriver {
  readonly #machines = new Map<string, ModelMachine>();
  readonly #listeners = new Set<(announcement: Announcement) => void>();
  readonly #endings: (() => void)[] = [];

  existing(): readonly ModelMachine[] {
    return [...this.#machines.values()].filter(({ state }) => state !== 'ended');
  }

  get(id: string): ModelMachine | undefined {
    const machine = this.#machines.get(id);
    return machine?.state === 'ended' ? undefined : machine;
  }

  /** It comes one step nearer to being ready. */
  advance(machine: ModelMachine): void {
    const executionEnvironmentId = machine.id;
    if (machine.state === 'created') {
      machine.state = 'waiting';
      this.#announce({ kind: 'waiting', executionEnvironmentId, ...addressOf(machine) });
    } else if (machine.state === 'initialising') {
      machine.state = 'ready';
      const initOutcome = 'success';
      this.#announce({ kind: 'ready', executionEnvironmentId, initDurationMs: 1, initOutcome });
    }
  }

  /** It dies by itself. */
  kill(machine: ModelMachine): void {
    this.#end(machine);
    const executionEnvironmentId = machine.id;
    this.#announce({ kind: 'gone', executionEnvironmentId, message: 'it was killed' });
  }

  /** What was asked to end has ended. */
  finishEndings(): void {
    for (const finish of this.#endings.splice(0)) finish();
  }

  supports(): Promise<RuntimeSupport> {
    return Promise.resolve({ kind: 'available' });
  }

  create({ executionEnvironmentId: id, key }: CreateRequest): Promise<void> {
    this.#machines.set(id, { id, key, state: 'created', running: undefined });
    return Promise.resolve();
  }

  /** Every other one takes invocations before it is ready. */
  assign({ executionEnvironmentId }: AssignRequest): Promise<Assigned> {
    const machine = this.get(executionEnvironmentId);
    if (machine?.state !== 'waiting') return Promise.reject(new Error('it does not wait'));
    machine.state = 'initialising';
    const holdsInvocations = Number(executionEnvironmentId.slice(1)) % 2 === 0;
    return Promise.resolve({ holdsInvocations });
  }

  find(): Promise<readonly FoundExecutionEnvironment[]> {
    return Promise.resolve(this.found());
  }

  found(): readonly FoundExecutionEnvironment[] {
    return this.existing().map(({ id, key }) => ({
      executionEnvironmentId: id,
      key,
      createdMs: 0,
      isProvisioned: false,
    }));
  }

  probe(executionEnvironmentId: string): Promise<ExecutionEnvironmentProbe> {
    const machine = this.get(executionEnvironmentId);
    if (machine === undefined || machine.state === 'created') {
      return Promise.resolve({ kind: 'unusable', message: 'nobody is there' });
    }
    const address = addressOf(machine);
    if (machine.state !== 'ready') {
      return Promise.resolve({
        kind: machine.state === 'waiting' ? 'waiting' : 'initialising',
        ...address,
      });
    }
    return Promise.resolve({ kind: machine.running === undefined ? 'idle' : 'busy', ...address });
  }

  destroy(executionEnvironmentId: string): Promise<void> {
    const machine = this.get(executionEnvironmentId);
    if (machine === undefined) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#endings.push(() => {
      this.#end(machine);
      resolve(undefined);
    });
    return promise;
  }

  noteLost(): void {
    // Machines of the model are found by nobody's address.
  }

  onAnnouncement(listener: (announcement: Announcement) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #end(machine: ModelMachine): void {
    if (machine.state === 'ended') return;
    machine.state = 'ended';
    machine.running?.('broken');
  }

  #announce(announcement: Announcement): void {
    for (const listener of [...this.#listeners]) listener(announcement);
  }
}

function addressOf({ id }: ModelMachine): { address: string; token: string } {
  return { address: `${id}:8080`, token: `token-of-${id}` };
}
