import { Registry, collectDefaultMetrics } from 'prom-client';

export { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What is measured about a program. */
export interface RegistryOptions {
  /** Also memory, CPU, event loop and garbage collection of the process. Default: false. */
  readonly processMetrics?: boolean;
}

/** Makes an empty metrics registry; nothing is global, so that two programs fit into one process. */
export function makeRegistry(options: RegistryOptions = {}): Registry {
  const registry = new Registry();
  if (options.processMetrics === true) collectDefaultMetrics({ register: registry });
  return registry;
}
