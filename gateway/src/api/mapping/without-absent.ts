/** Members that have a value. */
export type Present<T> = { [M in keyof T]?: Exclude<T[M], undefined> };

/** What is not said is not there: objects are written as they are. */
export function withoutAbsent<T extends object>(members: T): Present<T> {
  const said = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(said) as Present<T>;
}
