export * from './architecture.ts';
export type { EmulatorVariables } from './function-container.ts';
export * from './labels.ts';
export * from './names.ts';
export * from './network-policy.ts';
export * from './pod.ts';
export * from './pod-settings.ts';
export * from './pod-template.ts';
export * from './resources.ts';
