import path from 'node:path';
import type { RuntimeSupport } from '@mayfly/core';
import type { LocalLogger } from '../local-logger.ts';
import { findProgram } from './find-program.ts';
import { ensurePythonEnvironment } from './python-environment.ts';
import { OTHER_RUNTIMES, parseRuntime, SERVED_RUNTIMES } from './runtime-identifiers.ts';
import { RuntimeUnavailableError, type RuntimeLaunch } from './runtime-launch.ts';

/** What the catalog works with. */
export interface RuntimeCatalogOptions {
  /** The private environments go to `<stateDir>/runtimes`. */
  readonly stateDir: string;
  /** Our Node.js runtime client, `.mjs` or `.ts`. */
  readonly nodeBootstrapPath: string;
  /** PATH of the machine: where runtimes are looked for, and what functions get. */
  readonly searchPath: string;
  /** A Node.js that is tried before the path. Default: the one of this process. */
  readonly nodePath?: string;
  /** Major version of `nodePath`. */
  readonly nodeMajor?: number;
  /** Variables for pip, such as PIP_INDEX_URL, HTTPS_PROXY, HOME. Functions do not get them. */
  readonly installVariables?: Readonly<Record<string, string>>;
  readonly logger: LocalLogger;
}

// Node's heap is not all of its memory: leave a tenth for code, stacks and buffers.
const HEAP_SHARE = 0.9;

/** Which runtimes this machine has, and how each is started. */
export class RuntimeCatalog {
  readonly #options: RuntimeCatalogOptions;
  readonly #preparations = new Map<string, Promise<RuntimeLaunch>>();

  constructor(options: RuntimeCatalogOptions) {
    this.#options = options;
  }

  /** Prepares the runtime as far as needed and says whether it can run. */
  async supports(runtime: string): Promise<RuntimeSupport> {
    try {
      await this.prepare(runtime);
      return { kind: 'available' };
    } catch (error) {
      if (!(error instanceof RuntimeUnavailableError)) throw error;
      return { kind: 'unavailable', reason: error.reason, message: error.message };
    }
  }

  /**
   * Finds the runtime, once; a failure is looked into again the next time, so that installing it is enough.
   * @throws RuntimeUnavailableError
   */
  prepare(runtime: string): Promise<RuntimeLaunch> {
    const running = this.#preparations.get(runtime);
    if (running !== undefined) return running;
    const preparation = this.#prepareNow(runtime);
    this.#preparations.set(runtime, preparation);
    preparation.catch(() => this.#preparations.delete(runtime));
    return preparation;
  }

  async #prepareNow(runtime: string): Promise<RuntimeLaunch> {
    const family = parseRuntime(runtime);
    switch (family.kind) {
      case 'nodejs':
        return this.#prepareNode(runtime, family.major);
      case 'python':
        return this.#preparePython(runtime, family.version);
      case 'provided':
        return this.#makeProvided();
      case 'notHere':
        throw new RuntimeUnavailableError(
          'RuntimeNotAvailable',
          `Runtime ${runtime} is not available on one machine without containers, which runs ${SERVED_RUNTIMES.join(', ')}.`,
        );
      case 'deprecated':
        throw new RuntimeUnavailableError(
          'RuntimeDeprecated',
          `Runtime ${runtime} is deprecated: use one of ${SERVED_RUNTIMES.join(', ')}.`,
        );
      case 'unknown':
        throw new RuntimeUnavailableError(
          'UnknownRuntime',
          `There is no runtime ${runtime}. Lambda's are ${[...SERVED_RUNTIMES, ...OTHER_RUNTIMES].join(', ')}.`,
        );
    }
  }

  async #prepareNode(runtime: string, major: number): Promise<RuntimeLaunch> {
    const node = await this.#findNode(major);
    if (node === undefined) {
      throw new RuntimeUnavailableError(
        'RuntimeNotInstalled',
        `Runtime ${runtime} needs Node.js ${major.toString()} on the PATH: install it, or use nodejs${this.#nodeMajor().toString()}.x.`,
      );
    }
    const { nodeBootstrapPath } = this.#options;
    const runtimeDir = path.dirname(nodeBootstrapPath);
    return {
      runtimeDir,
      command: ({ handler, memorySizeMb }) => [
        node,
        `--max-old-space-size=${Math.floor(memorySizeMb * HEAP_SHARE).toString()}`,
        nodeBootstrapPath,
        handler,
      ],
      presetVariables: (taskRoot) => ({
        PATH: this.#options.searchPath,
        NODE_PATH: [path.join(runtimeDir, 'node_modules'), runtimeDir, taskRoot].join(':'),
      }),
    };
  }

  async #findNode(major: number): Promise<string | undefined> {
    if (major === this.#nodeMajor()) return this.#options.nodePath ?? process.execPath;
    return findProgram({
      names: ['node', `node${major.toString()}`, `node-${major.toString()}`],
      searchPath: this.#options.searchPath,
      version: new RegExp(`^v${major.toString()}\\.`),
    });
  }

  #nodeMajor(): number {
    return this.#options.nodeMajor ?? Number.parseInt(process.versions.node, 10);
  }

  async #preparePython(runtime: string, version: string): Promise<RuntimeLaunch> {
    const { searchPath, stateDir, logger, installVariables = {} } = this.#options;
    const python = await findProgram({
      names: [`python${version}`],
      searchPath,
      version: new RegExp(`^Python ${version.replace('.', '\\.')}\\.`),
    });
    if (python === undefined) {
      throw new RuntimeUnavailableError(
        'RuntimeNotInstalled',
        `Runtime ${runtime} needs Python ${version} on the PATH as python${version}: install it, or use another python3.* that is there.`,
      );
    }
    const folder = path.resolve(stateDir, 'runtimes', runtime);
    const venvPython = await ensurePythonEnvironment({
      python,
      version,
      folder,
      searchPath,
      installVariables,
      logger,
    });
    const runtimeDir = path.join(folder, 'lib', `python${version}`, 'site-packages');
    return {
      runtimeDir,
      command: ({ handler }) => [venvPython, '-m', 'awslambdaric', handler],
      presetVariables: () => ({ PATH: searchPath, PYTHONPATH: runtimeDir }),
    };
  }

  #makeProvided(): RuntimeLaunch {
    return {
      runtimeDir: path.dirname(this.#options.nodeBootstrapPath),
      command: ({ taskRoot }) => [path.join(taskRoot, 'bootstrap')],
      presetVariables: () => ({ PATH: this.#options.searchPath }),
    };
  }
}
