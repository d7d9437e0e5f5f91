import { describe, it } from 'vitest';
import { applyDefaults } from './validate-spec.ts';
import { findUnservedFields } from './platform-fields.ts';

const BASE = { runtime: 'nodejs24.x', handler: 'index.handler', code: { inline: 'x' } };
const DIGEST = `${'A'.repeat(43)}=`;

function paths(overrides: object, platform: 'embedded' | 'cluster'): string[] {
  const spec = applyDefaults('Function', { ...BASE, ...overrides });
  return findUnservedFields(spec, platform).map(({ path }) => path);
}

describe('fields of one platform', () => {
  it('are none in a plain function', ({ expect }) => {
    expect([...paths({}, 'embedded'), ...paths({}, 'cluster')]).toEqual([]);
  });

  it.for([
    ['spec.podTemplate', { podTemplate: { nodeSelector: { disk: 'ssd' } } }],
    ['spec.serviceAccountName', { serviceAccountName: 'reader' }],
    ['spec.ephemeralStorage', { ephemeralStorage: 1024 }],
    ['spec.environment.from', { environment: { from: [{ secretRef: { name: 'db' } }] } }],
    ['spec.code.zip.url', { code: { zip: { url: 'https://example.com/a.zip' } } }],
    ['spec.code.zip.s3', { code: { zip: { s3: { bucket: 'code', key: 'a.zip' } } } }],
    ['spec.code.zip.configMap', { code: { zip: { configMap: { name: 'code', key: 'a.zip' } } } }],
  ] as const)('refuses %s outside of a cluster', ([path, overrides], { expect }) => {
    expect(paths(overrides, 'embedded')).toEqual([path]);
    expect(paths(overrides, 'cluster')).toEqual([]);
  });

  it('takes the default of a field wherever it is', ({ expect }) => {
    expect(paths({ ephemeralStorage: 512 }, 'embedded')).toEqual([]);
  });

  it('takes an archive of the code store wherever it is', ({ expect }) => {
    const overrides = { code: { zip: { store: DIGEST } } };
    expect([...paths(overrides, 'embedded'), ...paths(overrides, 'cluster')]).toEqual([]);
  });

  it('refuses a path of the machine in a cluster', ({ expect }) => {
    const overrides = { code: { zip: { path: './code' } } };
    expect(paths(overrides, 'cluster')).toEqual(['spec.code.zip.path']);
    expect(paths(overrides, 'embedded')).toEqual([]);
  });
});
