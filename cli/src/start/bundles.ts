import { existsSync } from 'node:fs';
import path from 'node:path';

/** Programs that the platform starts as processes of their own. */
export interface Bundles {
  readonly agent: string;
  readonly nodeBootstrap: string;
}

/** Folders to look in: beside the bundled program, or in the repository when it runs from source. */
const FOLDERS = ['.', '../../../dist'];

/**
 * Finds the bundles that `make build` writes.
 * @throws Error that says how to make them
 */
export function findBundles(directory: string = import.meta.dirname): Bundles {
  for (const folder of FOLDERS) {
    const agent = path.resolve(directory, folder, 'agent.cjs');
    const nodeBootstrap = path.resolve(directory, folder, 'nodejs-bootstrap.mjs');
    if (existsSync(agent) && existsSync(nodeBootstrap)) return { agent, nodeBootstrap };
  }
  throw new Error('dist/agent.cjs and dist/nodejs-bootstrap.mjs are missing: run `make build`');
}
