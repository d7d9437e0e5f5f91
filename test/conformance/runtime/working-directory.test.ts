import { describe, it } from 'vitest';
import { bash, nodejs, python, usePlatformWith } from './functions.ts';

const FUNCTIONS = [
  nodejs(
    'directory-nodejs',
    "import { readdirSync } from 'node:fs';\nexport const handler = async () => ({ directory: process.cwd(), root: process.env.LAMBDA_TASK_ROOT, files: readdirSync('.') });",
  ),
  python(
    'directory-python',
    'import os\ndef lambda_handler(event, context):\n    return {"directory": os.getcwd(), "root": os.environ["LAMBDA_TASK_ROOT"], "files": os.listdir(".")}\n',
  ),
  bash(
    'directory-bash',
    String.raw`printf '{"directory":"%s","root":"%s","files":["%s"]}' "$PWD" "$LAMBDA_TASK_ROOT" "$(ls)"`,
  ),
];

describe('the working directory', () => {
  it.for([
    ['directory-nodejs', 'index.mjs'],
    ['directory-python', 'lambda_function.py'],
    ['directory-bash', 'bootstrap'],
  ])('of %s is the folder of its code', async ([name = '', file], { expect }) => {
    const platform = await usePlatformWith(FUNCTIONS, name);
    const { payload } = await platform.invoke(name, {});
    const { directory, root, files } = payload as Record<string, string>;
    expect(directory).toBe(root);
    expect(files).toContain(file);
  });
});
