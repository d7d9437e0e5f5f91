import { z } from 'zod';
import { withRules, type ValueRule } from './rules.ts';

const MAX_TAGS = 50;

type Tags = Readonly<Record<string, string>>;

/** What the tags of an object must obey together. */
export const TAGS_RULES: readonly ValueRule<Tags>[] = [
  {
    rule: 'self.all(k, size(k) >= 1 && size(k) <= 128)',
    message: 'keys must have 1 to 128 characters',
    holds: (self) => Object.keys(self).every((key) => key.length >= 1 && key.length <= 128),
  },
  {
    rule: "self.all(k, !k.matches('^[aA][wW][sS]:'))",
    message: 'keys must not begin with aws:',
    holds: (self) => Object.keys(self).every((key) => !/^aws:/i.test(key)),
  },
];

/** Tags of the Lambda API. */
export const FunctionTags = withRules(z.record(z.string(), z.string().max(256)), TAGS_RULES)
  .meta({ maxProperties: MAX_TAGS })
  .describe(
    `Tags of the Lambda API: at most ${MAX_TAGS.toString()} keys with a value each. Changing them makes no new revision. Labels and annotations are in metadata. Default: none.`,
  );
