import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

const TYPES = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  zip: 'application/zip',
} as const;
/** What a registry keeps. */
export interface Document {
  readonly digest: string;
  readonly text: string;
  readonly type: string;
}

/** A document with its digest; what is no text is written as JSON. */
export function aDocument(type: keyof typeof TYPES, content: object | string): Document {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`;
  return { digest, text, type: TYPES[type] };
}

/** A registry with the repository `team/app`, as the distribution specification describes it. */
export interface FakeRegistry {
  /** `host:port`. */
  readonly host: string;
  /** Paths that were asked for, with who asked. */
  readonly asked: string[];
  /** Answers before everything else, when it returns true. */
  intercept: (request: IncomingMessage, response: ServerResponse) => boolean;
}

/** Starts one, with what its tags mean and what is there besides. */
export async function useRegistry(
  tags: Readonly<Record<string, Document>>,
  others: readonly Document[],
): Promise<FakeRegistry> {
  const documents = new Map(Object.entries(tags));
  for (const each of [...Object.values(tags), ...others]) documents.set(each.digest, each);
  const server = createServer((request, response) => {
    const { authorization = 'nobody' } = request.headers;
    registry.asked.push(`${request.url ?? ''} ${authorization}`);
    if (registry.intercept(request, response)) return;
    const [, name = ''] =
      /\/v2\/team\/app\/(?:manifests|blobs)\/(.+)$/.exec(request.url ?? '') ?? [];
    const found = documents.get(name);
    if (found === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': found.type }).end(found.text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const host = `127.0.0.1:${port.toString()}`;
  const registry: FakeRegistry = { host, asked: [], intercept: () => false };
  return registry;
}
