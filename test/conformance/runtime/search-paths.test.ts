import { it } from 'vitest';
import type { Language, Runtime } from './harness/runtimes.ts';
import { describeClusterPromise, useProbe } from './harness/use-function.ts';

type Variables = Readonly<Record<string, string>>;

/** Where a language looks for what layers bring, besides programs and libraries. */
function modulePaths({ identifier, language }: Runtime): Variables {
  const version = /\d+(?:\.\d+)?/.exec(identifier)?.[0] ?? '';
  const paths: Readonly<Record<Language, Variables>> = {
    nodejs: { NODE_PATH: `/opt/nodejs/node${version}/node_modules:/opt/nodejs/node_modules` },
    python: { PYTHONPATH: `/opt/python/lib/python${version}/site-packages:/opt/python` },
    // The client of AWS looks into /opt/java/lib by itself.
    java: {},
    bash: {},
  };
  return paths[language];
}

describeClusterPromise('what layers bring to /opt', {
  unlike: 'own file system',
  body: (runtime) => {
    it('is looked for where Lambda looks', async ({ expect }) => {
      const variables = (await (await useProbe(runtime)).ask('variables')) as Variables;
      expect(variables['PATH']?.split(':')).toContain('/opt/bin');
      expect(variables['LD_LIBRARY_PATH']?.split(':')).toEqual(
        expect.arrayContaining(['/var/task', '/var/task/lib', '/opt/lib']),
      );
      for (const [name, paths] of Object.entries(modulePaths(runtime))) {
        expect(variables[name]).toContain(paths);
      }
    });
  },
});
