export * from './v1alpha1/conditions.ts';
export * from './v1alpha1/function.ts';
export * from './v1alpha1/meta.ts';
