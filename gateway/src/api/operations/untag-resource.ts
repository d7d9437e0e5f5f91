import { requireTagged } from '../mapping/tagged-resource.ts';
import { serve } from '../operation.ts';

/** `DELETE /2017-03-31/tags/{Resource}` */
export const untagResource = serve('UntagResource', async (input, call) => {
  const gone = new Set(input.TagKeys);
  await requireTagged(input.Resource, call).write((before) =>
    Object.fromEntries(Object.entries(before).filter(([key]) => !gone.has(key))),
  );
  return {};
});
