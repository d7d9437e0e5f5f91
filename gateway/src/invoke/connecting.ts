/** Longest time to connect, to agents and to other gateways. */
export const CONNECT_TIMEOUT_MS = 2000;

/** How every connection is made: probed while it is idle, so that a lost machine is noticed in seconds. */
export const CONNECT_OPTIONS = {
  timeout: CONNECT_TIMEOUT_MS,
  keepAlive: true,
  keepAliveInitialDelay: 1000,
} as const;

/** Nobody said no: the network, or time, did. */
export function isSilence(error: Error): boolean {
  if (!('code' in error)) return false;
  const { code } = error;
  return (
    code === 'UND_ERR_CONNECT_TIMEOUT' ||
    code === 'ETIMEDOUT' ||
    code === 'EHOSTUNREACH' ||
    code === 'ENETUNREACH'
  );
}
