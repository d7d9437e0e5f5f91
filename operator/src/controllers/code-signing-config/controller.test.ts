import type { CodeSigningConfigResource } from '@mayfly/api';
import { aCodeSigningConfig, FakeClock } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { CodeSigningConfigController } from './controller.ts';

const { signal } = new AbortController();

function makeController() {
  const written: CodeSigningConfigResource[] = [];
  const controller = new CodeSigningConfigController({
    store: {
      patchStatus: (config: CodeSigningConfigResource) => {
        written.push(config);
        return Promise.resolve(config);
      },
    } as never,
    events: { record: () => undefined },
    account: { region: 'us-east-1', accountId: '000000000000' },
    clock: new FakeClock(),
  });
  return {
    written,
    reconcile: (config: CodeSigningConfigResource) => controller.reconcile(config, signal),
  };
}

describe('CodeSigningConfigController', () => {
  it('says the ARN, and writes nothing when that is said', async ({ expect }) => {
    const { reconcile, written } = makeController();
    const config = aCodeSigningConfig({ metadata: { name: 'csc-0123456789abcdef0' } });
    await expect(reconcile(config)).resolves.toEqual({ kind: 'done' });
    expect(written[0]?.status).toMatchObject({
      codeSigningConfigId: 'csc-0123456789abcdef0',
      codeSigningConfigArn:
        'arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-0123456789abcdef0',
      conditions: [{ type: 'Ready', status: 'True', reason: 'Active' }],
    });
    await reconcile(written[0] ?? config);
    expect(written).toHaveLength(1);
  });

  it('leaves alone what is being deleted', async ({ expect }) => {
    const { reconcile, written } = makeController();
    const deletionTimestamp = '2026-01-01T00:00:00Z';
    await reconcile(aCodeSigningConfig({ metadata: { deletionTimestamp } }));
    expect(written).toEqual([]);
  });

  it('passes on that a status cannot be written', async ({ expect }) => {
    const refusing = new CodeSigningConfigController({
      store: { patchStatus: () => Promise.reject(new Error('conflict')) } as never,
      events: { record: () => undefined },
      account: { region: 'us-east-1', accountId: '000000000000' },
      clock: new FakeClock(),
    });
    await expect(refusing.reconcile(aCodeSigningConfig(), signal)).rejects.toThrow('conflict');
  });
});
