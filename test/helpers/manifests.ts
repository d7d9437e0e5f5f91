import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';

/** A Function as a test writes it: the spec, and the files of its code when it is not inline. */
export interface FunctionManifest {
  readonly name: string;
  readonly spec: Readonly<Record<string, unknown>>;
  /** File name → text; becomes `code.zip.path`. A file named `bootstrap` is executable. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Writes manifests, and the code beside them, as a user's folder has them. */
export function writeManifests(directory: string, functions: readonly FunctionManifest[]): void {
  for (const { name, spec, files } of functions) {
    const codeDirectory = path.join(directory, `${name}-code`);
    for (const [file, text] of Object.entries(files ?? {})) {
      const target = path.join(codeDirectory, file);
      mkdirSync(path.dirname(target), { recursive: true });
      writeFileSync(target, text);
      if (path.basename(file) === 'bootstrap') chmodSync(target, 0o755);
    }
    const code = files === undefined ? {} : { code: { zip: { path: `./${name}-code` } } };
    const manifest = {
      apiVersion: 'mayfly.dev/v1alpha1',
      kind: 'Function',
      metadata: { name },
      spec: { ...code, ...spec },
    };
    writeFileSync(path.join(directory, `${name}.yaml`), stringify(manifest));
  }
}

/** A Node function from source text. */
export function aNodeFunction(
  name: string,
  source: string,
  spec: Readonly<Record<string, unknown>> = {},
): FunctionManifest {
  return {
    name,
    spec: { runtime: 'nodejs24.x', handler: 'index.handler', code: { inline: source }, ...spec },
  };
}
