export * from './contracts/execution-environment-driver.ts';
export * from './contracts/resource-store.ts';
export * from './builders/function.ts';
export * from './builders/new-function.ts';
export * from './eventually.ts';
export * from './fake-clock.ts';
export * from './fake-driver.ts';
export * from './temporary-folder.ts';
