export * from './grpc-code-mirror.ts';
export * from './grpc-code-uploads.ts';
export * from './grpc-fleet-link.ts';
export * from './grpc-fleet-link-server.ts';
export type * from './link-logger.ts';
export type { TlsMaterial, TlsSource } from './tls.ts';
