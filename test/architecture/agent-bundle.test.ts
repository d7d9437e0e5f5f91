import path from 'node:path';
import { build } from 'esbuild';
import { describe, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const LIBRARY = /node_modules\/((?:@[^/]+\/)?[^/]+)\//;
/** Each execution environment has an agent: a schema library alone would double its memory. */
const ALLOWED = ['pend', 'yauzl'];
const MAX_BYTES = 128 * 1024;

describe("the agent's program", () => {
  it('has no library in it but the one that reads archives', async ({ expect }) => {
    const { metafile } = await build({
      absWorkingDir: ROOT,
      entryPoints: ['runtime-images/agent/src/main.ts'],
      bundle: true,
      minify: true,
      platform: 'node',
      format: 'cjs',
      outfile: 'agent.cjs',
      write: false,
      metafile: true,
    });
    const [output] = Object.values(metafile.outputs);
    const files = Object.entries(output?.inputs ?? {}).filter(([, of]) => of.bytesInOutput > 0);
    const libraries = files.flatMap(([file]) => LIBRARY.exec(file)?.[1] ?? []);
    expect([...new Set(libraries)].sort()).toEqual(ALLOWED);
    expect(output?.bytes).toBeLessThan(MAX_BYTES);
  });
});
