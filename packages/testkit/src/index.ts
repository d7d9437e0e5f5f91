export * from './builders/function.ts';
export * from './eventually.ts';
export * from './fake-clock.ts';
