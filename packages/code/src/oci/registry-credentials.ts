import { z } from 'zod';

/** What a registry is asked with. */
export interface RegistryCredentials {
  readonly username: string;
  readonly password: string;
}

const Entry = z.object({
  username: z.string().optional(),
  password: z.string().optional(),
  /** Base64 of `username:password`. */
  auth: z.string().optional(),
});

/** What a Secret of type kubernetes.io/dockerconfigjson holds. */
const DockerConfig = z.object({ auths: z.record(z.string(), Entry).default({}) });

const DOCKER_HUB = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);

/**
 * Finds what a Docker configuration says for a registry.
 * @throws Error when it is no Docker configuration
 */
export function findCredentials(
  dockerConfigJson: string,
  registry: string,
): RegistryCredentials | undefined {
  const { auths } = DockerConfig.parse(JSON.parse(dockerConfigJson));
  const found = Object.entries(auths).find(([key]) => isSameRegistry(toHost(key), registry));
  return found && readEntry(found[1]);
}

/** Keys are hosts, or addresses as `https://index.docker.io/v1/`. */
function toHost(key: string): string {
  return key.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
}

function isSameRegistry(a: string, b: string): boolean {
  return a === b || (DOCKER_HUB.has(a) && DOCKER_HUB.has(b));
}

function readEntry({
  username,
  password,
  auth,
}: z.infer<typeof Entry>): RegistryCredentials | undefined {
  if (username !== undefined && password !== undefined) return { username, password };
  const text = Buffer.from(auth ?? '', 'base64').toString();
  const colon = text.indexOf(':');
  if (colon === -1) return undefined;
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}
