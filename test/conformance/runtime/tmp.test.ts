import { describe, it } from 'vitest';
import { probeOf, runtimesOf, TARGET } from './harness/runtimes.ts';
import { describePromise, useFunctionUnderTest, useProbe } from './harness/use-function.ts';
import type { Probe } from './harness/use-function.ts';

/** A path in its temporary folder: embedded, that is not the machine's. */
async function temporaryPath(probe: Probe, name: string): Promise<string> {
  const variables = (await probe.ask('variables')) as Readonly<Record<string, string>>;
  return `${variables['TMPDIR'] ?? '/tmp'}/${name}`;
}

describePromise('the temporary folder', (runtime) => {
  it('keeps files between invocations and over a reset, which memory does not survive', async ({
    expect,
  }) => {
    const probe = await useProbe(runtime);
    const path = await temporaryPath(probe, 'note');
    expect(await probe.ask('write', { path, text: 'kept' })).toBe('written');
    await probe.ask('count');
    expect(await probe.ask('read', { path })).toBe('kept');

    expect(await probe.invoke({ ask: 'exit', status: 1 })).toHaveProperty(
      'functionError',
      'Unhandled',
    );

    expect(await probe.ask('read', { path })).toBe('kept');
    expect(await probe.ask('count')).toHaveProperty('count', 1);
  });
});

describe(`the temporary folder on ${TARGET}`, () => {
  it('is one for each function', async ({ expect }) => {
    const [runtime] = runtimesOf('nodejs');
    if (runtime === undefined) throw new Error('there is no Node.js');
    const probe = await useProbe(runtime);
    const path = await temporaryPath(probe, 'private');
    await probe.ask('write', { path, text: 'secret' });
    const other = await useFunctionUnderTest({ runtime, ...probeOf(runtime.language) });

    const seen = await other.invoke({ ask: 'directory' });
    expect(seen.functionError).toBeUndefined();
    const variables = (await other.invoke({ ask: 'variables' })).payload as Record<string, string>;
    const own = `${variables['TMPDIR'] ?? '/tmp'}/private`;
    expect((await other.invoke({ ask: 'read', path: own })).payload).toContain('ENOENT');
  });
});
