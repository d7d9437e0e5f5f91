import { requireTagged } from '../mapping/tagged-resource.ts';
import { serve } from '../operation.ts';

/** `GET /2017-03-31/tags/{Resource}` */
export const listTags = serve('ListTags', (input, call) => ({
  Tags: requireTagged(input.Resource, call).tags,
}));
