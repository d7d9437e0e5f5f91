import path from 'node:path';
import { launchOf, type ServedLayer } from '@mayfly/api';
import {
  wrapCommand,
  type Announcement,
  type Assigned,
  type AssignRequest,
  type Assignment,
  type CreateRequest,
  type ExecutionEnvironmentDriver,
  type ExecutionEnvironmentProbe,
  type FoundExecutionEnvironment,
  type RuntimeSupport,
} from '@mayfly/core';
import { addLayerVariables } from '../runtimes/layer-variables.ts';
import type { RuntimeCatalog } from '../runtimes/runtime-catalog.ts';
import { AgentPool, type AgentPoolOptions } from './agent-pool.ts';
import type { AgentProcess } from './agent-process.ts';
import { makeLogStreamName } from './log-stream-name.ts';
import { postAssignment } from './post-assignment.ts';
import { probeAgent } from './probe-agent.ts';

/** What the driver works with. */
export interface ProcessDriverOptions extends AgentPoolOptions {
  readonly catalog: Pick<RuntimeCatalog, 'supports' | 'prepare'>;
  /** Folder of the unpacked package. */
  readonly ensureUnpacked: (codeSha256: string, signal?: AbortSignal) => Promise<string>;
  /** Folder with the content of these layers, of which there is at least one. */
  readonly ensureLayers?: (digests: readonly string[], signal?: AbortSignal) => Promise<string>;
}

/** An execution environment and the agent that is it. Their ids differ: an agent may have been a spare. */
interface Tracked {
  readonly executionEnvironmentId: string;
  readonly agent: AgentProcess;
  isAssigned: boolean;
}

/** Execution environments as child processes: an agent each, which runs the runtime. */
export class ProcessExecutionEnvironmentDriver implements ExecutionEnvironmentDriver {
  readonly #options: ProcessDriverOptions;
  readonly #pool: AgentPool;
  readonly #listeners = new Set<(announcement: Announcement) => void>();
  readonly #tracked = new Map<string, Tracked>();
  readonly #byAgent = new Map<AgentProcess, Tracked>();
  readonly #creating = new Map<string, Promise<void>>();

  constructor(options: ProcessDriverOptions) {
    this.#options = options;
    this.#pool = new AgentPool(options, {
      onWaiting: (agent) => {
        this.#announceWaiting(agent);
      },
      onReady: (agent, { initDurationMs, initOutcome }) => {
        const tracked = this.#byAgent.get(agent);
        if (tracked?.isAssigned !== true) return;
        const { executionEnvironmentId } = tracked;
        this.#announce({ kind: 'ready', executionEnvironmentId, initDurationMs, initOutcome });
      },
      onGone: (agent, end) => {
        this.#onGone(agent, end);
      },
    });
  }

  /** Ends what a former run left, then listens for agents and starts the spare ones. */
  async start(): Promise<void> {
    for (const { runtime } of this.#options.pools ?? []) void this.#prepareAhead(runtime);
    await this.#pool.start();
  }

  supports(runtime: string): Promise<RuntimeSupport> {
    return this.#options.catalog.supports(runtime);
  }

  create({ executionEnvironmentId, runtime }: CreateRequest): Promise<void> {
    if (this.#tracked.has(executionEnvironmentId) || this.#creating.has(executionEnvironmentId)) {
      return Promise.reject(new Error(`creating ${executionEnvironmentId}: it exists`));
    }
    const creating = this.#createNow(executionEnvironmentId, runtime).finally(() => {
      this.#creating.delete(executionEnvironmentId);
    });
    this.#creating.set(executionEnvironmentId, creating);
    return creating;
  }

  async assign(request: AssignRequest, signal?: AbortSignal): Promise<Assigned> {
    const { executionEnvironmentId } = request;
    const tracked = this.#tracked.get(executionEnvironmentId);
    const address = tracked?.agent.address;
    if (tracked === undefined || address === undefined) {
      throw new Error(`assigning ${executionEnvironmentId}: it is not waiting`);
    }
    if (tracked.isAssigned) throw new Error(`assigning ${executionEnvironmentId}: it is assigned`);
    tracked.isAssigned = true;
    try {
      const assignment = await this.#makeAssignment(request, tracked.agent, signal);
      await postAssignment({ address, token: tracked.agent.token }, assignment, signal);
    } catch (cause) {
      throw new Error(`assigning ${request.functionName} to ${executionEnvironmentId}`, { cause });
    }
    // Its code lies unpacked on this machine.
    return { holdsInvocations: true };
  }

  /** Agents end with the platform that made them: there is never anything to take over. */
  find(): Promise<readonly FoundExecutionEnvironment[]> {
    return Promise.resolve([]);
  }

  async probe(
    executionEnvironmentId: string,
    signal?: AbortSignal,
  ): Promise<ExecutionEnvironmentProbe> {
    const agent = this.#tracked.get(executionEnvironmentId)?.agent;
    const address = agent?.address;
    if (agent === undefined || address === undefined) {
      return { kind: 'unusable', message: 'there is no such agent' };
    }
    return probeAgent({ address, token: agent.token }, signal);
  }

  async destroy(executionEnvironmentId: string): Promise<void> {
    // One that could not be created needs no end.
    await this.#creating.get(executionEnvironmentId)?.catch(() => undefined);
    const tracked = this.#tracked.get(executionEnvironmentId);
    if (tracked !== undefined) await this.#pool.end(tracked.agent);
  }

  noteLost(): void {
    // There is no other machine.
  }

  onAnnouncement(listener: (announcement: Announcement) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Process id of the agent, for those who measure it. */
  agentPid(executionEnvironmentId: string): number | undefined {
    return this.#tracked.get(executionEnvironmentId)?.agent.pid;
  }

  /** Ends every execution environment and spare agent, and stops listening. */
  async close(): Promise<void> {
    await this.#pool.close();
  }

  /** What a runtime needs besides an agent is there before its first function, too. */
  async #prepareAhead(runtime: string): Promise<void> {
    try {
      await this.#options.catalog.prepare(runtime);
    } catch (err) {
      this.#options.logger.warn({ err, runtime }, 'preparing the runtime of a pool');
    }
  }

  async #createNow(executionEnvironmentId: string, runtime: string | undefined): Promise<void> {
    let agent: AgentProcess;
    try {
      agent = await this.#pool.take(executionEnvironmentId, runtime);
    } catch (cause) {
      throw new Error(`creating the execution environment ${executionEnvironmentId}`, { cause });
    }
    const tracked = { executionEnvironmentId, agent, isAssigned: false };
    this.#tracked.set(executionEnvironmentId, tracked);
    this.#byAgent.set(agent, tracked);
    if (agent.address === undefined) return;
    // Later, so that whoever creates it has the answer first.
    setImmediate(() => {
      this.#announceWaiting(agent);
    });
  }

  #onGone(agent: AgentProcess, end: string): void {
    const tracked = this.#byAgent.get(agent);
    if (tracked === undefined) return;
    const { executionEnvironmentId } = tracked;
    this.#byAgent.delete(agent);
    this.#tracked.delete(executionEnvironmentId);
    this.#announce({
      kind: 'gone',
      executionEnvironmentId,
      message: `The agent has ended: ${end}.`,
    });
  }

  async #unpackLayers(
    layers: readonly ServedLayer[],
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> {
    if (layers.length === 0) return undefined;
    const digests = layers.map(({ codeSha256 }) => codeSha256);
    return this.#options.ensureLayers?.(digests, signal);
  }

  #announceWaiting(agent: AgentProcess): void {
    const tracked = this.#byAgent.get(agent);
    const { address, token } = agent;
    if (tracked === undefined || address === undefined) return;
    const { executionEnvironmentId } = tracked;
    this.#announce({ kind: 'waiting', executionEnvironmentId, address, token });
  }

  #announce(announcement: Announcement): void {
    for (const listener of this.#listeners) listener(announcement);
  }

  async #makeAssignment(
    request: AssignRequest,
    agent: AgentProcess,
    signal: AbortSignal | undefined,
  ): Promise<Assignment> {
    const { memorySizeMb, version, layers = [] } = request;
    const { runtime, handler } = launchOf(request);
    const [taskRoot, launch, layersRoot] = await Promise.all([
      this.#options.ensureUnpacked(request.codeSha256, signal),
      this.#options.catalog.prepare(runtime),
      this.#unpackLayers(layers, signal),
    ]);
    const presets = launch.presetVariables(taskRoot);
    return {
      functionName: request.functionName,
      version,
      region: request.region,
      accountId: request.accountId,
      runtime,
      handler,
      memorySizeMb,
      timeoutMs: request.timeoutMs,
      initTimeoutMs: request.initTimeoutMs,
      initializationType: request.initializationType,
      environmentVariables: request.environmentVariables,
      logFormat: request.logFormat,
      logGroup: request.logGroup,
      applicationLogLevel: request.applicationLogLevel,
      logStreamName: makeLogStreamName(version, this.#options.clock.now()),
      taskRoot,
      runtimeDir: launch.runtimeDir,
      command: wrapCommand(launch.command({ taskRoot, handler, memorySizeMb }), request),
      presetVariables: {
        ...(layersRoot === undefined ? presets : addLayerVariables(presets, runtime, layersRoot)),
        TMPDIR: path.join(agent.folder, 'tmp'),
      },
    };
  }
}
