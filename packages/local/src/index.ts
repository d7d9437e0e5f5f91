export * from './store/sqlite-resource-store.ts';
