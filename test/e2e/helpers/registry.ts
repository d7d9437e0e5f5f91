import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from '@mayfly/testkit';

const HOST = '10.89.0.1';
/** The registries that tests start: the second one asks for a password. */
export const TEST_REGISTRIES = [`${HOST}:5000`, `${HOST}:5001`] as const;
/** Of the second registry. */
export const TEST_PASSWORD = { username: 'ali', password: 'open sesame' } as const;
const HTPASSWD = 'ali:$2b$04$VrGdMxw0FosoY9yrm.ryI.vdRfLNr/FxDCRt4NtFpO5GwNfE3TGwy';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const START_MS = 60_000;

/** What an image is made of, besides the one below it. */
export interface TestImage {
  /** `repository:tag`. */
  readonly name: string;
  /** Name of an image of `.cache/images.json`, or `scratch`. */
  readonly from: string;
  /** Path in the image → content. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly entryPoint?: readonly string[];
  readonly command?: readonly string[];
  /** As Go calls it. Default: the machine's. */
  readonly architecture?: string;
}

/** A registry of images that runs until it is closed. */
export interface TestRegistry {
  /** `host:port`. */
  readonly address: string;
  /** Builds an image and pushes it; its reference by the digest it got. */
  push(image: TestImage): string;
  /** Keeps an archive as an artefact; its reference. */
  pushArtefact(name: string, archive: Buffer<ArrayBuffer>): Promise<string>;
  close(): void;
}

/** Starts Debian's registry where the nodes of test/cluster pull from. */
export async function startRegistry(isOpen: boolean): Promise<TestRegistry> {
  const folder = process.env['MAYFLY_E2E_OWN_CLUSTER'];
  if (folder === undefined) throw new Error('this test starts a registry beside its own cluster');
  const address = TEST_REGISTRIES[isOpen ? 0 : 1];
  const [, port = ''] = address.split(':');
  const args = isOpen ? [port] : [port, HTPASSWD];
  const child = spawn(path.join(folder, 'registry'), args, {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const ended = new Promise<never>((_, reject) => {
    child.on('exit', (code) => {
      reject(new Error(`the registry ended with ${String(code)}`));
    });
  });
  ended.catch(() => undefined);
  const answers = eventually(() => fetch(`http://${address}/v2/`), { timeoutMs: START_MS });
  await Promise.race([answers, ended]);
  return {
    address,
    push: (image) => pushImage(address, image),
    pushArtefact: (name, archive) => pushArtefact(address, name, archive),
    close: () => child.kill('SIGTERM'),
  };
}

function pushImage(address: string, image: TestImage): string {
  const context = mkdtempSync(path.join(tmpdir(), 'mayfly-image-'));
  try {
    writeFileSync(path.join(context, 'Dockerfile'), makeDockerfile(image, context));
    const reference = `${address}/${image.name}`;
    const platform = image.architecture === undefined ? [] : ['--arch', image.architecture];
    buildah(['build', '--quiet', ...platform, '--tag', reference, context]);
    const digestFile = path.join(context, 'digest');
    const { username, password } = TEST_PASSWORD;
    const options = ['--quiet', '--tls-verify=false', '--creds', `${username}:${password}`];
    buildah(['push', ...options, '--digestfile', digestFile, reference]);
    buildah(['rmi', reference]);
    return `${address}/${image.name.split(':')[0] ?? ''}@${readFileSync(digestFile, 'utf8')}`;
  } finally {
    rmSync(context, { recursive: true });
  }
}

/** As `oras push` does. */
async function pushArtefact(
  address: string,
  name: string,
  archive: Buffer<ArrayBuffer>,
): Promise<string> {
  const digestOf = (bytes: Uint8Array | string): string =>
    `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const base = `http://${address}/v2/${name}`;
  const put = async (bytes: Buffer<ArrayBuffer> | string): Promise<void> => {
    const begun = await fetch(`${base}/blobs/uploads/`, { method: 'POST' });
    const url = new URL(begun.headers.get('location') ?? '', base);
    url.searchParams.set('digest', digestOf(bytes));
    const headers = { 'content-type': 'application/octet-stream' };
    const done = await fetch(url, { method: 'PUT', headers, body: bytes });
    if (done.status !== 201) throw new Error(`the registry answered ${done.status.toString()}`);
  };
  await put(archive);
  await put('{}');
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = {
    schemaVersion: 2,
    mediaType,
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: digestOf('{}'),
      size: 2,
    },
    layers: [{ mediaType: 'application/zip', digest: digestOf(archive), size: archive.length }],
  };
  const headers = { 'content-type': mediaType };
  const body = JSON.stringify(manifest);
  const done = await fetch(`${base}/manifests/1`, { method: 'PUT', headers, body });
  if (done.status !== 201) throw new Error(`the registry answered ${done.status.toString()}`);
  return `${address}/${name}:1`;
}

function makeDockerfile(image: TestImage, context: string): string {
  const copies = Object.entries(image.files ?? {}).map(([target, content], index) => {
    writeFileSync(path.join(context, `file-${String(index)}`), content, { mode: 0o755 });
    return `COPY file-${String(index)} ${target}`;
  });
  const references = JSON.parse(
    readFileSync(path.join(ROOT, '.cache/images.json'), 'utf8'),
  ) as Readonly<Record<string, string>>;
  return [
    `FROM ${references[image.from] ?? image.from}`,
    ...copies,
    ...(image.entryPoint === undefined ? [] : [`ENTRYPOINT ${JSON.stringify(image.entryPoint)}`]),
    ...(image.command === undefined ? [] : [`CMD ${JSON.stringify(image.command)}`]),
    '',
  ].join('\n');
}

function buildah(args: readonly string[]): void {
  const env = { ...process.env, BUILDAH_ISOLATION: 'chroot', STORAGE_DRIVER: 'overlay' };
  execFileSync('buildah', args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
}
