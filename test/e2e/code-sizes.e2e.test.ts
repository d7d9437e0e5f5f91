import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { invoke, useFunction } from './helpers/cluster.ts';
import { startRegistry, type TestRegistry } from './helpers/registry.ts';
import { useWebServer } from './helpers/web-server.ts';

const MEGABYTE = 1024 * 1024;
/** Of Lambda's 250 MB, with the archive itself close to them. */
const LARGE_FILES = 48;
const MAKE_LARGE = `
import os, sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_STORED) as archive:
    for n in range(int(sys.argv[2])):
        archive.writestr(f'data/{n}', os.urandom(5 * 1024 * 1024))
    archive.writestr('index.js', sys.argv[3])
`;
const HANDLER = `const fs = require('node:fs');
exports.handler = async () => fs.readdirSync('data').reduce((sum, name) => sum + fs.statSync('data/' + name).size, 0);`;

let registry: TestRegistry;

beforeAll(async () => {
  registry = await startRegistry(true);
});

afterAll(() => {
  registry.close();
});

function makeArchive(files: number): Buffer<ArrayBuffer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'mayfly-large-'));
  try {
    const file = path.join(folder, 'code.zip');
    execFileSync('python3', ['-c', MAKE_LARGE, file, files.toString(), HANDLER]);
    return readFileSync(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function specOf(zip: object): Record<string, unknown> {
  const base = { runtime: 'nodejs24.x', handler: 'index.handler', timeout: 20, memorySize: 512 };
  return { ...base, code: { zip } };
}

describe('code', () => {
  it('of Lambda’s largest size is fetched from an address, unpacked and run', async ({
    expect,
  }) => {
    const archive = makeArchive(LARGE_FILES);
    const server = await useWebServer(archive);
    const sha256 = createHash('sha256').update(archive).digest('base64');
    const name = await useFunction(specOf({ url: server, sha256 }));
    expect(await invoke(name)).toMatchObject({ status: 200, payload: LARGE_FILES * 5 * MEGABYTE });
  });

  it('comes from a registry as an artefact', async ({ expect }) => {
    const reference = await registry.pushArtefact('code', makeArchive(1));
    const name = await useFunction(specOf({ oci: { reference } }));
    expect(await invoke(name)).toMatchObject({ status: 200, payload: 5 * MEGABYTE });
  });
});
