import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { parse } from 'yaml';
import { invoke, kubectl } from '../e2e/helpers/cluster.ts';
import { startRegistry, type TestRegistry } from '../e2e/helpers/registry.ts';
import { poll, useApplicationManifest } from './helpers/application.ts';
import { ARGOCD_NAMESPACE } from './helpers/argocd.ts';
import { useGitRepository, type GitRepository } from './helpers/git-repository.ts';
import { timed } from './helpers/timed.ts';

const EXAMPLE = path.resolve(import.meta.dirname, '../../examples/gitops');
const ARCHIVE = 'functions/quotes.zip';
const GOOD = { sync: 'Synced', health: 'Healthy' } as const;

interface ApplicationManifest {
  readonly metadata: object;
  readonly spec: { readonly source: object; readonly destination: { readonly namespace: string } };
}

/** The Application as the example has it, but for where its repository and Argo CD are. */
function readApplication(repoURL: string): ApplicationManifest {
  const text = readFileSync(path.join(EXAMPLE, 'application.yaml'), 'utf8');
  const { metadata, spec, ...rest } = parse(text) as ApplicationManifest;
  return {
    ...rest,
    metadata: { ...metadata, namespace: ARGOCD_NAMESPACE },
    spec: { ...spec, source: { ...spec.source, repoURL } },
  };
}

/** Packs what is in the folder of the code, as the example's page says. */
function pack({ folder }: GitRepository): Buffer {
  const cwd = path.join(folder, 'functions/quotes');
  const archive = path.join(folder, 'packed.zip');
  execFileSync('python3', ['-m', 'zipfile', '-c', archive, 'index.mjs', 'quotes.json'], { cwd });
  const packed = readFileSync(archive);
  rmSync(archive);
  return packed;
}

async function expectPayload(name: string, event: object, payload: unknown): Promise<void> {
  const answer = await invoke(name, event);
  if (JSON.stringify(answer.payload) !== JSON.stringify(payload)) {
    throw new Error(`${name} answers ${JSON.stringify(answer)}`);
  }
}

/** Builds an image and writes its place into the Kustomization, as the example's page says. */
function setImage({ folder }: GitRepository, registry: TestRegistry): void {
  const functions = path.join(folder, 'functions');
  const reference = registry.push({
    name: 'functions/shouter:1',
    from: 'lambda-nodejs24',
    files: { '/var/task/index.mjs': readFileSync(path.join(functions, 'shouter/index.mjs')) },
    command: ['index.handler'],
  });
  const kustomize = path.join(process.env['MAYFLY_ARGOCD_PROGRAMS'] ?? '', 'kustomize');
  execFileSync(kustomize, ['edit', 'set', 'image', `shouter=${reference}`], { cwd: functions });
}

/** Lets the alias name the version that there is, and be applied, as the example's page says. */
function addAlias({ folder }: GitRepository, version: string): void {
  const functions = path.join(folder, 'functions');
  const file = path.join(functions, 'greeter-live.yaml');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace(/functionVersion: .*/, `functionVersion: '${version}'`));
  const kustomize = path.join(process.env['MAYFLY_ARGOCD_PROGRAMS'] ?? '', 'kustomize');
  execFileSync(kustomize, ['edit', 'add', 'resource', 'greeter-live.yaml'], { cwd: functions });
}

/** The number of the version that the function has published last. */
function latestVersionOf(name: string, namespace: string): string {
  return kubectl('get', 'fn', name, '-n', namespace, '-ojsonpath={.status.latestVersion}');
}

function codeMaps(namespace: string): readonly string[] {
  const names = kubectl('get', 'configmaps', '-n', namespace, '-oname').split('\n');
  return names.filter((name) => name.includes('quotes-code-'));
}

describe('examples/gitops', () => {
  let registry: TestRegistry;

  beforeAll(async () => {
    registry = await startRegistry(true);
  });

  afterAll(() => {
    registry.close();
  });

  it('has the archive that its page says how to make', ({ expect }) => {
    const script =
      'import json,sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); print(json.dumps({n: z.read(n).decode() for n in z.namelist()}))';
    const listed = execFileSync('python3', ['-c', script, path.join(EXAMPLE, ARCHIVE)], {
      encoding: 'utf8',
    });
    const files = ['index.mjs', 'quotes.json'].map((file) => [
      file,
      readFileSync(path.join(EXAMPLE, 'functions/quotes', file), 'utf8'),
    ]);
    expect(JSON.parse(listed)).toEqual(Object.fromEntries(files));
  });

  it('is a repository whose functions answer, and whose new archive is new code', async ({
    expect,
  }) => {
    const repository = useGitRepository();
    cpSync(EXAMPLE, repository.folder, { recursive: true });
    await timed('building and pushing an image', () => {
      setImage(repository, registry);
    });
    const manifest = readApplication(repository.url);
    const { namespace } = manifest.spec.destination;
    const revision = repository.commit({});
    const application = useApplicationManifest(manifest);

    await timed('three functions to Healthy', () => application.reaches(revision, GOOD));
    await poll(() => expectPayload('greeter', { name: 'Ada' }, { message: 'Hello, Ada!' }));
    await timed('first call of the image', () =>
      poll(() => expectPayload('shouter', { text: 'hello' }, { message: 'HELLO!' })),
    );
    const { quote } = (await invoke('quotes', { by: 'Grace' })).payload as { quote: string };
    expect(quote).toContain('always done it this way');
    const [before] = codeMaps(namespace);

    const version = await poll(() => {
      const latest = latestVersionOf('greeter', namespace);
      if (latest === '') throw new Error('greeter has published no version');
      return latest;
    });
    addAlias(repository, version);
    await application.reaches(repository.commit({}), GOOD);
    const greeted = await invoke('greeter:live', { name: 'Ada' });
    expect(greeted).toMatchObject({
      executedVersion: version,
      payload: { message: 'Hello, Ada!' },
    });

    const quotes = JSON.stringify({ Ada: 'New.' });
    repository.commit({ 'functions/quotes/quotes.json': quotes });
    await application.reaches(repository.commit({ [ARCHIVE]: pack(repository) }), GOOD);
    await poll(() => expectPayload('quotes', {}, { quote: 'New.' }));
    const after = codeMaps(namespace);
    expect(after).toHaveLength(1);
    expect(after).not.toContain(before);
  });
});
