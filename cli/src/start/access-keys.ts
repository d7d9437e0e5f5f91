import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseAccessKeys, type IdentityDeps } from '@mayfly/gateway';
import { z } from 'zod';
import type { Signing } from '../control-api/control-file.ts';

/** The access keys of a state directory. */
export interface LocalAccessKeys {
  readonly accessKeys: IdentityDeps['accessKeys'];
  /** The file they are in. */
  readonly path: string;
  /** The first of the file, with the region that it signs for. */
  readonly first: Signing;
  /** The file was made by this start. */
  readonly isNew: boolean;
}

const FILE = 'access-keys.json';
const OWNER_ONLY = 0o600;
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

const FirstKey = z.tuple(
  [z.object({ accessKeyId: z.string(), secretAccessKey: z.string() })],
  z.unknown(),
);

/**
 * Reads the access keys of the state directory; makes one if there is no file. Nobody but its owner may read it.
 * @throws Error that says what is wrong with the file
 */
export function ensureAccessKeys(
  stateDirectory: string,
  { accountId, region }: { readonly accountId: string; readonly region: string },
): LocalAccessKeys {
  const file = path.join(stateDirectory, FILE);
  const isNew = !existsSync(file);
  if (isNew) {
    const content = `${JSON.stringify([makeKey()], undefined, 2)}\n`;
    writeFileSync(file, content, { mode: OWNER_ONLY, flag: 'wx' });
  } else chmodSync(file, OWNER_ONLY);
  const json = readFileSync(file, 'utf8');
  const accessKeys = parseAccessKeys(json, accountId);
  const first = FirstKey.safeParse(JSON.parse(json));
  if (!first.success) throw new Error(`reading access keys: ${file} holds none`);
  return { accessKeys, path: file, first: { ...first.data[0], region }, isNew };
}

function makeKey(): Record<string, string> {
  const letters = [...randomBytes(16)].map((byte) => BASE32[byte % BASE32.length] ?? '');
  return {
    accessKeyId: `AKIA${letters.join('')}`,
    secretAccessKey: randomBytes(30).toString('base64'),
    userName: 'local',
  };
}
