import { FUNCTION_CONTAINER } from '@mayfly/manifests';
import type { PodObject } from './pod-ports.ts';

const MB_PER_UNIT: Readonly<Record<string, number>> = {
  '': 1 / (1024 * 1024),
  Ki: 1 / 1024,
  Mi: 1,
  Gi: 1024,
};

/** MB of a quantity as Kubernetes writes those that we have set: `128Mi`, `1Gi`. Undefined: it is another. */
export function parseMemoryMb(quantity: string | undefined): number | undefined {
  const [, digits, unit = ''] = /^(\d+)(Ki|Mi|Gi)?$/.exec(quantity ?? '') ?? [];
  return digits === undefined ? undefined : Number(digits) * (MB_PER_UNIT[unit] ?? 1);
}

/** The memory that the function's container is to have. */
export function wantedMemoryMb({ spec }: PodObject): number | undefined {
  const container = spec?.containers?.find(({ name }) => name === FUNCTION_CONTAINER);
  return parseMemoryMb(container?.resources?.limits?.['memory']);
}

/** The memory that the kubelet has given it. */
export function givenMemoryMb({ status }: PodObject): number | undefined {
  const container = status?.containerStatuses?.find(({ name }) => name === FUNCTION_CONTAINER);
  return parseMemoryMb(container?.resources?.limits?.['memory']);
}
