import { isMap, isScalar, type Pair, parseDocument, type YAMLMap } from 'yaml';

interface Row {
  readonly path: string;
  readonly value: string;
  readonly text: string;
}

/** The table of a README: every value with its default, and the comment that begins with `--` before it. */
export function makeValuesTable(source: string): string {
  const { contents } = parseDocument(source);
  if (!isMap(contents)) throw new Error('values are no map');
  const rows = rowsOf(contents, '');
  const lines = rows.map(({ path, value, text }) => `| \`${path}\` | \`${value}\` | ${text} |`);
  return ['| Value | Default | |', '| --- | --- | --- |', ...lines, ''].join('\n');
}

function rowsOf(map: YAMLMap, prefix: string): readonly Row[] {
  return map.items.flatMap((pair, index) => {
    const path = prefix + String(pair.key);
    const comment = commentOf(pair, index === 0 ? map : undefined);
    const isGroup = isMap(pair.value) && pair.value.items.length > 0 && comment === undefined;
    if (isGroup) return rowsOf(pair.value as YAMLMap, `${path}.`);
    return [{ path, value: valueOf(pair), text: (comment ?? '').replaceAll('|', '\\|') }];
  });
}

/** The parser gives what stands before a map's first key to the map. */
function commentOf(pair: Pair, map: YAMLMap | undefined): string | undefined {
  const { commentBefore } = isScalar(pair.key) ? pair.key : {};
  const text = commentBefore ?? map?.commentBefore ?? '';
  const start = text.indexOf(' -- ');
  if (start < 0) return undefined;
  return text
    .slice(start + 4)
    .split('\n')
    .map((line) => line.trim())
    .join(' ');
}

function valueOf({ value }: Pair): string {
  if (isMap(value) && value.items.length > 0) return 'see values.yaml';
  const plain = (value as { toJSON(): unknown }).toJSON();
  return JSON.stringify(plain);
}
