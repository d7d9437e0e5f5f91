import { z } from 'zod';

const Texts = z.record(z.string(), z.string());

/** A custom resource as an answer of the control API holds it. Unknown members are kept for output. */
export const ApiObject = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string(),
    resourceVersion: z.string(),
    generation: z.number(),
    creationTimestamp: z.string(),
    deletionTimestamp: z.string().optional(),
    labels: Texts.optional(),
    annotations: Texts.optional(),
    finalizers: z.array(z.string()).optional(),
  }),
  spec: z.looseObject({}),
  status: z.looseObject({}).optional(),
});
/** A custom resource as an answer of the control API holds it. */
export type ApiObject = z.infer<typeof ApiObject>;

/** A list as the control API answers it. */
export const ApiObjectList = z.object({ items: z.array(ApiObject) });

/** A Status object as the control API answers it. */
export const ApiFailure = z.object({
  message: z.string().default(''),
  reason: z.string().default(''),
  details: z
    .object({
      causes: z.array(z.object({ field: z.string(), message: z.string() })).default([]),
    })
    .prefault({}),
});
/** A Status object as the control API answers it. */
export type ApiFailure = z.infer<typeof ApiFailure>;
