import { execFile } from 'node:child_process';
import path from 'node:path';
import { describe, it } from 'vitest';

const LAUNCH = path.join(import.meta.dirname, 'launch.ts');

/** Runs the launcher as if Node.js had another version. */
function launchUnder(version: string): Promise<{ code: unknown; stderr: string }> {
  const pretend = `Object.defineProperty(process.versions, 'node', { value: '${version}' });`;
  const preload = `data:text/javascript,${encodeURIComponent(pretend)}`;
  const { promise, resolve } = Promise.withResolvers<{ code: unknown; stderr: string }>();
  execFile(process.execPath, ['--import', preload, LAUNCH], (error, _stdout, stderr) => {
    resolve({ code: error?.code ?? 0, stderr });
  });
  return promise;
}

describe('the launcher', () => {
  it('says in one line what to do on an older Node.js', async ({ expect }) => {
    const { code, stderr } = await launchUnder('20.20.2');

    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: mayfly needs Node\.js 24 or newer.*bin\/mayfly.*\n$/);
  });

  it('goes on to the program on a newer one', async ({ expect }) => {
    // Beside the source there is no bundle: that it is looked for is what shows.
    expect((await launchUnder('24.0.0')).stderr).toContain('program.mjs');
  });
});
