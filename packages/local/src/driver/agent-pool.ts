import { randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { AgentAnnouncement } from '@mayfly/core';
import { AgentProcess } from './agent-process.ts';
import { AnnounceServer } from './announce-server.ts';
import type { LogSink } from './log-pump.ts';
import { SpareAgents, type SpareAgentsOptions } from './spare-agents.ts';
import { StrayKiller } from './stray-killer.ts';

/** What agents are started with. */
export interface AgentPoolOptions extends SpareAgentsOptions {
  /** Private folders of execution environments go to `<stateDir>/environments`. One driver at a time. */
  readonly stateDir: string;
  /** The agent's program, `.mjs` or `.ts`. */
  readonly agentEntry: string;
  /** The Node.js that runs agents. Default: the one of this process. */
  readonly nodePath?: string;
  /** Options of that Node.js. Default: a small young generation. */
  readonly agentNodeOptions?: readonly string[];
  /** PATH of agents. */
  readonly searchPath: string;
  readonly logSink: LogSink;
  /** Largest payloads. Default: Lambda's. */
  readonly limits?: { readonly maxRequestBytes?: number; readonly maxResponseBytes?: number };
}

/** What the pool tells. */
export interface AgentPoolEvents {
  /** Its `address` is set. */
  onWaiting(agent: AgentProcess): void;
  onReady(agent: AgentProcess, announcement: AgentAnnouncement & { readonly kind: 'ready' }): void;
  /** Nothing of it runs any more and its folder is gone. */
  onGone(agent: AgentProcess, end: string): void;
}

const ANNOUNCE_TIMEOUT_MS = 15_000;
// What an agent allocates dies with its invocation: a young generation of 1 MB holds it, and the default of
// 16 MB would be filled, and stay resident, in every agent.
const AGENT_NODE_OPTIONS = ['--max-semi-space-size=1'];
const MAX_NAME_IN_ID = 64;
const SPARE = 'spare';

/** The agents of this process: started on demand or ahead, watched, and cleaned up after. */
export class AgentPool {
  readonly #options: AgentPoolOptions;
  readonly #events: AgentPoolEvents;
  readonly #folder: string;
  readonly #server: AnnounceServer;
  readonly #strays: StrayKiller;
  /** Every agent, until it is cleaned up after. */
  readonly #agents = new Map<string, { agent: AgentProcess; gone: Promise<void> }>();
  readonly #spares: SpareAgents;
  readonly #starting = new Set<Promise<AgentProcess>>();
  #announceUrl: string | undefined;
  #isClosed = false;

  constructor(options: AgentPoolOptions, events: AgentPoolEvents) {
    this.#options = options;
    this.#events = events;
    this.#folder = path.resolve(options.stateDir, 'environments');
    this.#spares = new SpareAgents(options, () => this.#startAgent(SPARE));
    this.#strays = new StrayKiller(options.clock, options.logger);
    this.#server = new AnnounceServer({
      tokenOf: (id) => this.#agents.get(id)?.agent.token,
      onAnnouncement: (announcement) => {
        this.#onAnnouncement(announcement);
      },
    });
  }

  /** Ends what a former run left, then listens and starts the spare agents. */
  async start(): Promise<void> {
    await this.cleanUpStrays();
    this.#announceUrl = await this.#server.listen();
    this.#spares.fill();
  }

  /**
   * Ends agents and functions of a former run on the same state and removes their folders. A folder's
   * name is the marker of its processes and is never used twice, so that no other process is hit.
   */
  async cleanUpStrays(): Promise<void> {
    const names = await readdir(this.#folder).catch(() => []);
    const left = names.filter((id) => !this.#agents.has(id));
    await Promise.all(left.map((id) => this.#strays.kill(id)));
    for (const id of left) await this.#removeFolder(path.join(this.#folder, id));
    if (left.length > 0) {
      this.#options.logger.info({ count: left.length }, 'cleaned up after a former run');
    }
  }

  /** A spare agent, or a new one. */
  async take(name: string, runtime: string | undefined): Promise<AgentProcess> {
    if (this.#isClosed) throw new Error('the driver is closed');
    return this.#spares.take(runtime) ?? this.#startAgent(name);
  }

  /** Ends an agent; resolves after `onGone`. */
  async end(agent: AgentProcess): Promise<void> {
    agent.terminate();
    await this.#agents.get(agent.id)?.gone;
  }

  /** Ends every agent and stops listening. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#spares.close();
    await Promise.allSettled(this.#starting);
    await Promise.all([...this.#agents.values()].map(({ agent }) => this.end(agent)));
    await this.#server.close();
  }

  #startAgent(name: string): Promise<AgentProcess> {
    const starting = this.#startAgentNow(name);
    this.#starting.add(starting);
    const forget = (): void => {
      this.#starting.delete(starting);
    };
    starting.then(forget, forget);
    return starting;
  }

  async #startAgentNow(name: string): Promise<AgentProcess> {
    const { nodePath, agentNodeOptions = AGENT_NODE_OPTIONS, agentEntry, limits } = this.#options;
    if (this.#announceUrl === undefined) throw new Error('the driver has not been started');
    const id = makeAgentId(name);
    const folder = path.join(this.#folder, id);
    try {
      const agent = await AgentProcess.start({
        ...this.#options,
        id,
        token: randomBytes(32).toString('base64url'),
        folder,
        program: [nodePath ?? process.execPath, ...agentNodeOptions, agentEntry],
        announceUrl: this.#announceUrl,
        extraVariables: makeLimitVariables(limits),
      });
      this.#watch(agent);
      return agent;
    } catch (cause) {
      await this.#removeFolder(folder);
      throw new Error('starting an agent', { cause });
    }
  }

  #watch(agent: AgentProcess): void {
    const timer = this.#options.clock.after(ANNOUNCE_TIMEOUT_MS, () => {
      if (agent.address !== undefined) return;
      this.#options.logger.warn({ agent: agent.id }, 'an agent has not announced itself in time');
      agent.terminate();
    });
    const gone = agent.ended.then(async (end) => {
      timer.cancel();
      await this.#cleanUpAfter(agent);
      this.#events.onGone(agent, end);
    });
    this.#agents.set(agent.id, { agent, gone });
  }

  async #cleanUpAfter(agent: AgentProcess): Promise<void> {
    this.#spares.forget(agent);
    await this.#strays.kill(agent.id);
    await this.#removeFolder(agent.folder);
    this.#agents.delete(agent.id);
  }

  #onAnnouncement(announcement: AgentAnnouncement): void {
    const agent = this.#agents.get(announcement.executionEnvironmentId)?.agent;
    if (agent === undefined) return;
    switch (announcement.kind) {
      case 'waiting':
        if (agent.address !== undefined) return;
        agent.address = `127.0.0.1:${announcement.port.toString()}`;
        this.#events.onWaiting(agent);
        return;
      case 'ready':
        this.#events.onReady(agent, announcement);
        return;
      case 'failed':
        // It ends of itself: then it is announced as gone.
        this.#options.logger.warn({ reason: announcement.message }, 'an agent has failed');
    }
  }

  /** A folder that stays is removed by the next start; it must not stop what comes after. */
  async #removeFolder(folder: string): Promise<void> {
    try {
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    } catch (err) {
      this.#options.logger.warn({ err, folder }, 'removing the folder of an execution environment');
    }
  }
}

function makeAgentId(name: string): string {
  const readable = name.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, MAX_NAME_IN_ID);
  return `${readable}-${randomBytes(8).toString('hex')}`;
}

function makeLimitVariables(limits: AgentPoolOptions['limits']): Record<string, string> {
  const variables: Record<string, string> = {};
  if (limits?.maxRequestBytes !== undefined) {
    variables['MAYFLY_MAX_REQUEST_BYTES'] = limits.maxRequestBytes.toString();
  }
  if (limits?.maxResponseBytes !== undefined) {
    variables['MAYFLY_MAX_RESPONSE_BYTES'] = limits.maxResponseBytes.toString();
  }
  return variables;
}
