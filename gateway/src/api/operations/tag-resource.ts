import { requireTagged, type Tags } from '../mapping/tagged-resource.ts';
import { serve } from '../operation.ts';
import { invalid } from '../invalid.ts';

const MAX_TAGS = 50;

/** `POST /2017-03-31/tags/{Resource}` */
export const tagResource = serve('TagResource', async (input, call) => {
  const resource = requireTagged(input.Resource, call);
  if (Object.keys(input.Tags).length === 0) {
    throw invalid('An error occurred and the request cannot be processed.');
  }
  await resource.write((before) => withTags(before, input.Tags));
  return {};
});

function withTags(before: Tags, added: Tags): Tags {
  const tags = { ...before, ...added };
  if (Object.keys(tags).length > MAX_TAGS)
    throw invalid('Number of tags exceeds resource tag limit.');
  return tags;
}
