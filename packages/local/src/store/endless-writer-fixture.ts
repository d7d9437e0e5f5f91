// Run by a test: writes objects and says the name of each that was acknowledged, until it is killed.
import { writeSync } from 'node:fs';
import { SqliteResourceStore } from './sqlite-resource-store.ts';

const store = new SqliteResourceStore({
  path: process.argv[2] ?? '',
  clock: { now: () => Date.now(), after: unused, every: unused },
  makeUid: () => crypto.randomUUID(),
  validate: () => [],
  applyDefaults: (_kind, spec) => spec,
});

function unused(): never {
  throw new Error('the store starts no timers');
}

for (let i = 0; ; i += 1) {
  const name = `written-${i.toString()}`;
  await store.create({
    apiVersion: 'mayfly.dev/v1alpha1',
    kind: 'Function',
    metadata: { name },
    spec: { runtime: 'nodejs24.x', handler: 'index.handler', code: { inline: 'x'.repeat(2000) } },
  });
  writeSync(1, `${name}\n`);
}
