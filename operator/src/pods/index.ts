export * from './announcements.ts';
export * from './pod-driver.ts';
export type * from './pod-ports.ts';
