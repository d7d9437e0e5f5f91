import { describe, it } from 'vitest';
import { addLayerVariables } from './layer-variables.ts';

describe('addLayerVariables', () => {
  it('adds the folders of Node.js behind those of the runtime', ({ expect }) => {
    expect(addLayerVariables({ NODE_PATH: '/a:/b' }, 'nodejs24.x', '/l')).toMatchObject({
      NODE_PATH: '/a:/b:/l/nodejs/node24/node_modules:/l/nodejs/node_modules',
    });
  });

  it('adds the folders of Python', ({ expect }) => {
    expect(addLayerVariables({ PYTHONPATH: '/r' }, 'python3.13', '/l')).toMatchObject({
      PYTHONPATH: '/r:/l/python/lib/python3.13/site-packages:/l/python',
    });
  });

  it('adds programs and libraries for every runtime, and keeps the other presets', ({ expect }) => {
    const added = addLayerVariables({ PATH: '/bin', TMPDIR: '/t' }, 'provided.al2023', '/l');
    expect(added).toMatchObject({ PATH: '/bin:/l/bin', LD_LIBRARY_PATH: '/l/lib', TMPDIR: '/t' });
  });
});
