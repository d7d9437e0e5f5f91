export * from './agent-protocol/messages.ts';
export * from './ports/clock.ts';
export * from './ports/code-store.ts';
export * from './ports/execution-environment-driver.ts';
export * from './ports/fleet-link.ts';
export * from './ports/resource-store.ts';
