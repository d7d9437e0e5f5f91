import { makeZip } from './make-zip.ts';
import { RefusedCodeError } from './refusal.ts';

/** Source text of one file. */
export interface InlineCode {
  readonly runtime: string;
  readonly handler: string;
  readonly source: string;
}

const ES_MODULE_STATEMENT = /^(?:import|export)[\s{*'"]/m;

/**
 * Archive with the source as one file that the handler names: `src/app.handler` → `src/app.js`.
 * @throws RefusedCodeError when the runtime takes no source text or the handler names no file
 */
export function zipInline(code: InlineCode): Promise<Buffer> {
  const isBootstrap = code.runtime.startsWith('provided');
  const path = isBootstrap ? 'bootstrap' : computeSourcePath(code);
  return makeZip([
    { kind: 'file', path, content: Buffer.from(code.source), isExecutable: isBootstrap },
  ]);
}

/** The file that a handler names, without looking at a disk. */
function computeSourcePath(code: InlineCode): string {
  const stem = computeStem(code);
  if (!isInside(stem)) {
    throw new RefusedCodeError(
      'InvalidInlineCode',
      `The handler ${code.handler} names no file inside of the package: write it as file.method, for example index.handler.`,
    );
  }
  if (code.runtime.startsWith('python')) return `${stem}.py`;
  return ES_MODULE_STATEMENT.test(code.source) ? `${stem}.mjs` : `${stem}.js`;
}

function computeStem(code: InlineCode): string {
  if (code.runtime.startsWith('python')) return computePythonStem(code.handler);
  if (code.runtime.startsWith('nodejs')) return computeNodeStem(code.handler);
  throw new RefusedCodeError(
    'InvalidInlineCode',
    `Inline code runs on nodejs*, python3.* and provided.*, not on ${code.runtime}: use code.zip.`,
  );
}

/** `a/b.c.handler` → `a/b`: methods may be nested, file names have no dot. */
function computeNodeStem(handler: string): string {
  const slash = handler.lastIndexOf('/');
  const dot = handler.indexOf('.', slash + 1);
  return dot < 0 ? handler : handler.slice(0, dot);
}

/** `pkg.mod.handler` and `pkg/mod.handler` → `pkg/mod`. */
function computePythonStem(handler: string): string {
  const dot = handler.lastIndexOf('.');
  const module = dot < 0 ? handler : handler.slice(0, dot);
  return module.replaceAll('.', '/');
}

function isInside(stem: string): boolean {
  if (/[\\:\0]/.test(stem)) return false;
  return stem.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}
