import {
  AGENT_PATHS,
  type ExecutionEnvironmentAddress,
  type ExecutionEnvironmentProbe,
} from '@mayfly/core';

const PROBE_TIMEOUT_MS = 2_000;

/** Asks an agent how it is. */
export async function probeAgent(
  to: ExecutionEnvironmentAddress,
  signal?: AbortSignal,
): Promise<ExecutionEnvironmentProbe> {
  const deadline = AbortSignal.timeout(PROBE_TIMEOUT_MS);
  try {
    const response = await fetch(`http://${to.address}${AGENT_PATHS.status}`, {
      headers: { authorization: `Bearer ${to.token}` },
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
    });
    const { state } = (await response.json()) as { readonly state?: string };
    return toProbe(state, to);
  } catch (error) {
    return { kind: 'unusable', message: `its agent does not answer: ${String(error)}` };
  }
}

function toProbe(
  state: string | undefined,
  to: ExecutionEnvironmentAddress,
): ExecutionEnvironmentProbe {
  if (state === 'resetting') return { kind: 'busy', ...to };
  if (state === 'waiting' || state === 'initialising' || state === 'idle' || state === 'busy') {
    return { kind: state, ...to };
  }
  return { kind: 'unusable', message: `it is ${state ?? 'silent'}` };
}
