import { z } from 'zod';
import type { ApiObject } from './control-api/api-object.ts';

/** The parts of a Function that commands show. All of the status may be missing yet. */
const FunctionParts = z.object({
  spec: z.object({
    runtime: z.string().default(''),
    handler: z.string().default(''),
    memorySize: z.number().optional(),
    timeout: z.number().optional(),
  }),
  status: z
    .object({
      observedGeneration: z.number().optional(),
      state: z.string().optional(),
      stateReason: z.string().optional(),
      lastUpdateStatus: z.string().optional(),
      lastUpdateStatusReason: z.string().optional(),
      url: z.string().optional(),
      executionEnvironments: z.object({ desired: z.number(), ready: z.number() }).optional(),
      conditions: z
        .array(z.object({ type: z.string(), status: z.string(), message: z.string() }))
        .default([]),
    })
    .prefault({}),
});

/** A Function as commands show it. */
export interface FunctionView extends z.infer<typeof FunctionParts> {
  /** Status of the condition `Ready`: `True`, `False` or `Unknown`. */
  readonly ready: string;
  /** Why it is not ready, or why the last change was not taken; empty when all is well. */
  readonly reason: string;
}

/** Reads the parts that commands show. */
export function toFunctionView(object: ApiObject): FunctionView {
  const parts = FunctionParts.parse(object);
  const { status } = parts;
  const ready = status.conditions.find((condition) => condition.type === 'Ready');
  return { ...parts, ready: ready?.status ?? 'Unknown', reason: findReason(status, ready) };
}

function findReason(
  status: FunctionView['status'],
  ready: { readonly status: string; readonly message: string } | undefined,
): string {
  if (status.state === 'Failed') return status.stateReason ?? ready?.message ?? '';
  if (status.lastUpdateStatus === 'Failed') {
    return `last update refused, the revision before it serves: ${status.lastUpdateStatusReason ?? ''}`;
  }
  return ready?.status === 'False' ? ready.message : '';
}

/** How far the platform is with the newest spec of a Function. */
export type Progress =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'pending'; readonly reason: string };

/** Judges a status only when it is about the newest spec. */
export function computeProgress(object: ApiObject): Progress {
  const view = toFunctionView(object);
  const { status } = view;
  if ((status.observedGeneration ?? 0) < object.metadata.generation) {
    return { kind: 'pending', reason: 'waiting for the platform to look at it' };
  }
  if (status.state === 'Failed' || status.lastUpdateStatus === 'Failed') {
    return { kind: 'failed', reason: view.reason };
  }
  if (view.ready === 'True') return { kind: 'ready' };
  return {
    kind: 'pending',
    reason: view.reason === '' ? (status.state ?? 'Pending') : view.reason,
  };
}
