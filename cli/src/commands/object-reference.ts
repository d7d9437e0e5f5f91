import { CliError, EXIT_CODES } from '../exit-codes.ts';
import { KIND_CHOICES, kindOfUserWord, type KindNames } from '../resource-kinds.ts';

/** What a user named on the command line. */
export interface ObjectReference {
  readonly names: KindNames;
  readonly name: string | undefined;
}

/**
 * Reads `functions hello`, `fn/hello` or `aliases`.
 * @throws CliError `usage` for an unknown kind
 */
export function parseObjectReference(
  kindWord: string,
  nameWord: string | undefined,
): ObjectReference {
  const [word = '', nameInWord, ...rest] = kindWord.split('/');
  const names = kindOfUserWord(word);
  if (names === undefined) {
    const advice = nameWord === undefined ? `; a function is named as functions/${word}` : '';
    throw new CliError(
      EXIT_CODES.usage,
      `unknown kind "${word}": the kinds are ${KIND_CHOICES}${advice}`,
    );
  }
  if (rest.length > 0 || (nameInWord !== undefined && nameWord !== undefined)) {
    throw new CliError(EXIT_CODES.usage, 'name one object as <kind> <name> or <kind>/<name>');
  }
  return { names, name: nameWord ?? nameInWord };
}
