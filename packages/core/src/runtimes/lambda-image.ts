/** Where Lambda's base images have things, and how they are started: with the handler as the only argument. */
export const LAMBDA_IMAGE = {
  entryPoint: '/lambda-entrypoint.sh',
  /** Folder of the code. */
  taskRoot: '/var/task',
  runtimeDir: '/var/runtime',
  layersRoot: '/opt',
} as const;
