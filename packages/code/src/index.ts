export * from './archive-plan.ts';
export * from './code-limits.ts';
export * from './folder-code-store.ts';
export * from './folder-listing.ts';
export * from './refusal.ts';
export * from './unpack-zip.ts';
export * from './zip-folder.ts';
export * from './zip-inline.ts';
