export * from './admin-server.ts';
export * from './logger.ts';
export * from './registry.ts';
export * from './system-clock.ts';
