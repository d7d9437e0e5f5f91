import { z } from 'zod';
import type { Sighting } from '../functions/sightings.ts';

/** Where gateways ask each other whether they have seen a state of an object. */
export const INTERNAL_SIGHTINGS_PATH = '/internal/v1/sightings';

/** Names and numbers: no question is longer. */
export const MAX_QUESTION_BYTES = 4096;

const Question = z.object({
  kind: z.enum([
    'Function',
    'Version',
    'Alias',
    'EventSourceMapping',
    'LayerVersion',
    'CodeSigningConfig',
  ]),
  namespace: z.string(),
  name: z.string(),
  uid: z.string(),
  resourceVersion: z.string().optional(),
  /** How long the answer may take. */
  timeoutMs: z.int().min(0).max(60_000),
});

/** A question as it came over the wire. */
export interface SightingQuestion {
  readonly sighting: Sighting;
  readonly timeoutMs: number;
}

/** The body of a question. */
export function toQuestion({ sighting, timeoutMs }: SightingQuestion): string {
  return JSON.stringify({ ...sighting, timeoutMs });
}

/** Undefined when it is no question: another release of ours, or nobody of ours. */
export function parseQuestion(body: Buffer): SightingQuestion | undefined {
  const parsed = Question.safeParse(readJson(body));
  if (!parsed.success) return undefined;
  const { timeoutMs, ...sighting } = parsed.data;
  const { resourceVersion } = sighting;
  return { sighting: { ...sighting, resourceVersion }, timeoutMs };
}

function readJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
