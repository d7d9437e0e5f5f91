import { KIND_NAMES, KINDS, type KindName } from '@mayfly/api';

/** How one kind is written in paths, in answers and on the command line. */
export interface KindNames {
  readonly kind: KindName;
  /** In paths. */
  readonly plural: string;
  /** In output: `function/hello`. */
  readonly singular: string;
  readonly shortNames: readonly string[];
}

const ALL_KINDS: readonly KindNames[] = KIND_NAMES.map((kind) => namesOfKind(kind));

/** For messages: what a user may write. */
export const KIND_CHOICES = ALL_KINDS.map(
  ({ plural, shortNames }) => `${plural} (${shortNames.join(', ')})`,
).join(', ');

/** The names of a kind. */
export function namesOfKind(kind: KindName): KindNames {
  const { plural, singular, shortNames } = KINDS[kind];
  return { kind, plural, singular, shortNames };
}

/** `function/hello`. */
export function formatReference(kind: KindName, name: string): string {
  return `${KINDS[kind].singular}/${name}`;
}

/** The kind of a path segment, or undefined. */
export function kindOfPlural(plural: string): KindNames | undefined {
  return ALL_KINDS.find((names) => names.plural === plural);
}

/** The kind that a user wrote as plural, singular or short name in any case, or undefined. */
export function kindOfUserWord(word: string): KindNames | undefined {
  const lower = word.toLowerCase();
  return ALL_KINDS.find(
    (names) =>
      names.plural === lower || names.singular === lower || names.shortNames.includes(lower),
  );
}
