/** What every container of the platform's pods gives up. */
export const CONTAINER_SECURITY = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
} as const;

/** Code runs as Lambda's own user and group do (sbx_user); the agent is somebody else. */
export const FUNCTION_USER = { runAsUser: 993, runAsGroup: 990 } as const;
