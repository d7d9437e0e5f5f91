import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { usePlatform, type FunctionManifest, type Platform } from '../helpers/platform.ts';

const EXAMPLES = path.resolve(import.meta.dirname, '../../examples');

interface ExampleFile {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly code: { readonly zip?: unknown; readonly inline?: string } };
}

/** An example as its file has it, but for the path of its code: the test's manifest lies elsewhere. */
function example(folder: string): FunctionManifest {
  const text = readFileSync(path.join(EXAMPLES, folder, 'function.yaml'), 'utf8');
  const { metadata, spec } = parse(text) as ExampleFile;
  const code =
    spec.code.zip === undefined
      ? spec.code
      : { zip: { path: path.join(EXAMPLES, folder, 'code') } };
  return { name: metadata.name, spec: { ...spec, code } };
}

function useExample(name: string): Promise<Platform> {
  return usePlatform({ functions: [example(name)] });
}

describe('the examples', () => {
  it('name no object twice, but for those that `make start` passes over', ({ expect }) => {
    const ignored = globSync('*/.mayflyignore', { cwd: EXAMPLES }).map((file) =>
      path.dirname(file),
    );
    const files = globSync('**/*.yaml', { cwd: EXAMPLES }).filter(
      (file) => !ignored.includes(file.split(path.sep)[0] ?? ''),
    );
    const names = files.flatMap((file) =>
      parseAllDocuments(readFileSync(path.join(EXAMPLES, file), 'utf8')).map((document) => {
        const { kind, metadata } = document.toJS() as ExampleFile & { readonly kind: string };
        return `${kind} ${metadata.name}`;
      }),
    );
    expect(names).toContain('Function hello');
    expect(names).toEqual([...new Set(names)]);
  });

  it.for(['hello', 'hello-python', 'hello-bash'])('%s greets', async (name, { expect }) => {
    const platform = await useExample(name);
    const greeted = await platform.invoke(name, { name: 'Ada' });
    expect(greeted.payload).toEqual({ message: 'Hello, Ada!' });
    const unnamed = await platform.invoke(name, {});
    expect(unnamed.payload).toEqual({ message: 'Hello, World!' });
  });

  it('hello-bash answers with JSON to a name with quotes', async ({ expect }) => {
    const platform = await useExample('hello-bash');
    const { payload } = await platform.invoke('hello-bash', { name: 'A"d\\a' });
    expect(payload).toEqual({ message: 'Hello, A"d\\a!' });
  });

  it('counter counts in one execution environment', async ({ expect }) => {
    const platform = await useExample('counter');
    const first = await platform.invoke('counter', {});
    const second = await platform.invoke('counter', {});
    expect(first.payload).toEqual({
      count: 1,
      environment: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(second.payload).toEqual({ ...(first.payload as object), count: 2 });
  });

  it('page shows its request as text', async ({ expect }) => {
    const platform = await useExample('page');
    const response = await fetch(`${platform.url('page')}some/path?name=%3Cscript%3E`);
    const html = await response.text();
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(html).toContain('/some/path');
    expect(html).toContain('&lt;script&gt;');
    expect(html).not.toContain('<script>');
  });
});
