import type { GrantedExecutionEnvironment } from '../ports/fleet-link.ts';

/** More would be a flood of connections; the rest is found by the invocations that meet them. */
const MOST_SUSPECTS = 100;

/**
 * The execution environments that are worth a look when one could not be connected to in time: what a lost
 * machine or a cut network took with it. Those at the same host are lost for certain; those of the same revision are
 * where the next invocation would go, and each dead one would cost it the connect timeout: 10 × 2 s = 20 s.
 */
export function findSuspects(
  lost: GrantedExecutionEnvironment,
  idle: readonly GrantedExecutionEnvironment[],
): readonly GrantedExecutionEnvironment[] {
  const host = hostOf(lost.address);
  const others = idle.filter((one) => one.executionEnvironmentId !== lost.executionEnvironmentId);
  const sameHost = others.filter(({ address }) => hostOf(address) === host);
  const sameRevision = others.filter(
    (one) =>
      one.namespace === lost.namespace &&
      one.functionName === lost.functionName &&
      one.revision === lost.revision &&
      hostOf(one.address) !== host,
  );
  return [...sameHost, ...sameRevision].slice(0, MOST_SUSPECTS);
}

/** `10.0.0.7:8080` → `10.0.0.7`, `[fd00::1]:8080` → `[fd00::1]` */
function hostOf(address: string): string {
  const colon = address.lastIndexOf(':');
  return colon < 0 ? address : address.slice(0, colon);
}
