import { describe, it } from 'vitest';
import { bash, nodejs, python, usePlatformWith } from './functions.ts';

const NODEJS = `
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
let number = 0;
const file = tmpdir() + '/note';
export const handler = async (event) => {
  if (event.write) { writeFileSync(file, event.write); number = 42; }
  if (event.hang) await new Promise((resolve) => setTimeout(resolve, 60_000));
  if (event.list) return tmpdir();
  return { content: readFileSync(file, 'utf8'), number };
};`;

const PYTHON = `
import os, tempfile, time
number = 0
file = os.path.join(tempfile.gettempdir(), "note")
def lambda_handler(event, context):
    global number
    if "write" in event:
        with open(file, "w") as out:
            out.write(event["write"])
        number = 42
    if "hang" in event:
        time.sleep(60)
    if "list" in event:
        return tempfile.gettempdir()
    with open(file) as source:
        return {"content": source.read(), "number": number}
`;

// Bash has no JSON: what the event holds decides.
const BASH = String.raw`
  FILE="$(dirname "$OUTPUT")/note"
  case "$1" in
    *write*) echo -n 'some content' > "$FILE"; NUMBER=42 ;;
    *hang*) sleep 60 ;;
    *list*) printf '"%s"' "$(dirname "$OUTPUT")"; return ;;
  esac
  printf '{"content":"%s","number":%s}' "$(cat "$FILE")" "${'$'}{NUMBER:-0}"`;

const FUNCTIONS = [
  nodejs('tmp-nodejs', NODEJS, { timeout: 1 }),
  python('tmp-python', PYTHON, { timeout: 1 }),
  bash('tmp-bash', BASH, { timeout: 1 }),
];

describe.for(['tmp-nodejs', 'tmp-python', 'tmp-bash'])('the temporary folder of %s', (name) => {
  it('keeps files between invocations and over a reset, which memory does not survive', async ({
    expect,
  }) => {
    const platform = await usePlatformWith(FUNCTIONS, name);
    await platform.invoke(name, { write: 'some content' });
    const before = await platform.invoke(name, {});
    expect(before.payload).toEqual({ content: 'some content', number: 42 });
    const timedOut = await platform.invoke(name, { hang: true });
    expect(timedOut.functionError).toBe('Unhandled');
    const after = await platform.invoke(name, {});
    expect(after.payload).toEqual({ content: 'some content', number: 0 });
  });
});

it('every function has a temporary folder of its own', async ({ expect }) => {
  const names = ['tmp-nodejs', 'tmp-python', 'tmp-bash'];
  const platform = await usePlatformWith(FUNCTIONS, ...names);
  const folders = await Promise.all(
    names.map(async (name) => (await platform.invoke(name, { list: true })).payload),
  );
  expect(new Set(folders).size).toBe(names.length);
});
