export * from './arn.ts';
export * from './code-signing-config-arn.ts';
export * from './errors.ts';
export * from './headers.ts';
export * from './layer-arn.ts';
export * from './limits.ts';
