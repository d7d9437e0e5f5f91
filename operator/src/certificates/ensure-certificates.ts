import type { Clock } from '@mayfly/core';
import {
  isKeyOf,
  isSignedBy,
  issueAuthority,
  issueLeaf,
  type KeyPair,
  readValidity,
} from './issue.ts';
import {
  AUTHORITY_LIFE_MS,
  type CertificateFacts,
  type CertificatesPlan,
  LEAF_LIFE_MS,
  planCertificates,
} from './plan.ts';
import type { SecretStore, StoredSecret } from './secret-store.ts';

const KEY_BYTES = 32;
const MAX_CONFLICTS = 10;
const CERTIFICATES = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** What making certificates needs. */
export interface EnsureCertificatesDeps {
  readonly secrets: SecretStore;
  readonly clock: Clock;
  readonly randomBytes: (size: number) => Uint8Array;
  readonly logger: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
}

/** Which Secrets. */
export interface CertificatesRequest {
  readonly fullname: string;
  /** Names by which gateways reach the operator. */
  readonly operatorDnsNames: readonly string[];
  /** Whether this operator leads: only then what still works is replaced. */
  readonly isLeader: boolean;
}

type Data = StoredSecret['data'];

/** One call: the Secrets as they are read, and as they become. */
interface Run {
  readonly deps: EnsureCertificatesDeps;
  readonly request: CertificatesRequest;
  readonly signal: AbortSignal | undefined;
  readonly held: Map<string, StoredSecret | undefined>;
}

/**
 * Makes the Secrets that are missing or broken and, when leading, replaces certificates before they expire. Many
 * operators may call it at once; call it again every hour.
 */
export async function ensureCertificates(
  deps: EnsureCertificatesDeps,
  request: CertificatesRequest,
  signal?: AbortSignal,
): Promise<void> {
  for (let attempt = 0; attempt < MAX_CONFLICTS; attempt += 1) {
    if (await tryOnce({ deps, request, signal, held: new Map() })) return;
  }
  throw new Error('making certificates: others change the same Secrets all the time');
}

/** False when somebody else wrote in between: everything is to be read again. */
async function tryOnce(run: Run): Promise<boolean> {
  const { fullname, isLeader } = run.request;
  const names = ['ca', 'operator-tls', 'gateway-tls', 'cluster-key'].map((n) => `${fullname}-${n}`);
  for (const name of names) run.held.set(name, await run.deps.secrets.get(name, run.signal));
  const authorities = read(run, 'ca', 'ca.crt').match(CERTIFICATES) ?? [];
  const nowMs = run.deps.clock.now();
  const plan = planCertificates(
    {
      isLeader,
      authority: await inspectAuthority(run, authorities),
      hasOldAuthority: authorities.length > 1,
      leaves: [
        { name: 'operator-tls', facts: await inspectLeaf(run, 'operator-tls', authorities) },
        { name: 'gateway-tls', facts: await inspectLeaf(run, 'gateway-tls', authorities) },
      ],
    },
    nowMs,
  );
  const isAuthorityWritten = await renewAuthority(run, plan, authorities);
  if (!isAuthorityWritten) return false;
  return (await renewLeaves(run, plan, nowMs)) && (await ensureKeys(run));
}

async function renewAuthority(
  run: Run,
  plan: CertificatesPlan,
  authorities: readonly string[],
): Promise<boolean> {
  const [newest = ''] = authorities;
  if (plan.dropsOldAuthority) {
    const data = { ...dataOf(run, 'ca'), 'ca.crt': newest };
    return write(run, 'ca', { data, reason: 'oldAuthorityUnused' });
  }
  if (plan.authority === undefined) return true;
  const made = await issueAuthority(run.deps.clock.now(), AUTHORITY_LIFE_MS);
  // Until the old leaves are gone, both are believed: the newest first.
  const kept = plan.authority === 'renewal' ? newest : '';
  const data = { 'ca.crt': `${made.certificate}\n${kept}`, 'ca.key': made.privateKey };
  return write(run, 'ca', { data, reason: plan.authority });
}

async function renewLeaves(run: Run, plan: CertificatesPlan, nowMs: number): Promise<boolean> {
  for (const name of ['operator-tls', 'gateway-tls'] as const) {
    const reason = plan.leaves.find((leaf) => leaf.name === name)?.reason;
    // A new authority is believed by both ends before a leaf of it is shown: leaves follow at the next call.
    const mustWait = plan.authority === 'renewal' && reason !== 'missing' && reason !== 'broken';
    const leaf = reason === undefined || mustWait ? {} : await makeLeaf(run, name, nowMs);
    const data = { ...dataOf(run, name), 'ca.crt': read(run, 'ca', 'ca.crt'), ...leaf };
    if (!(await write(run, name, { data, reason: reason ?? 'authorities' }))) return false;
  }
  return true;
}

async function makeLeaf(
  run: Run,
  name: 'operator-tls' | 'gateway-tls',
  nowMs: number,
): Promise<Data> {
  const { fullname, operatorDnsNames } = run.request;
  const [newest = ''] = read(run, 'ca', 'ca.crt').match(CERTIFICATES) ?? [];
  const authority: KeyPair = { certificate: newest, privateKey: read(run, 'ca', 'ca.key') };
  const isServer = name === 'operator-tls';
  const { certificate, privateKey } = await issueLeaf(authority, {
    commonName: `${fullname}-${name}`,
    usage: isServer ? 'serverAuth' : 'clientAuth',
    dnsNames: isServer ? operatorDnsNames : [],
    nowMs,
    lifeMs: LEAF_LIFE_MS,
  });
  return { 'tls.crt': certificate, 'tls.key': privateKey };
}

async function ensureKeys(run: Run): Promise<boolean> {
  for (const [name, field] of [
    ['gateway-tls', 'internal-token'],
    ['cluster-key', 'key'],
  ] as const) {
    if (Buffer.from(read(run, name, field), 'base64url').byteLength === KEY_BYTES) continue;
    const value = Buffer.from(run.deps.randomBytes(KEY_BYTES)).toString('base64url');
    const data = { ...dataOf(run, name), [field]: value };
    if (!(await write(run, name, { data, reason: 'missing' }))) return false;
  }
  return true;
}

async function inspectAuthority(
  run: Run,
  authorities: readonly string[],
): Promise<CertificateFacts | undefined> {
  if (run.held.get(`${run.request.fullname}-ca`) === undefined) return undefined;
  const [certificate = ''] = authorities;
  const isSound = await isKeyOf({ certificate, privateKey: read(run, 'ca', 'ca.key') });
  return factsOf(certificate, { isSound, isOfNewestAuthority: true });
}

async function inspectLeaf(
  run: Run,
  name: string,
  authorities: readonly string[],
): Promise<CertificateFacts | undefined> {
  if (run.held.get(`${run.request.fullname}-${name}`) === undefined) return undefined;
  const certificate = read(run, name, 'tls.crt');
  const [isOfNewestAuthority = false, ...others] = await Promise.all(
    authorities.map((authority) => isSignedBy(certificate, authority)),
  );
  const isTrusted = isOfNewestAuthority || others.includes(true);
  const isSound =
    isTrusted && (await isKeyOf({ certificate, privateKey: read(run, name, 'tls.key') }));
  return factsOf(certificate, { isSound, isOfNewestAuthority });
}

function factsOf(
  certificate: string,
  judged: Pick<CertificateFacts, 'isSound' | 'isOfNewestAuthority'>,
): CertificateFacts {
  const validity = readValidity(certificate);
  if (validity === undefined) return { ...judged, isSound: false, notBeforeMs: 0, notAfterMs: 0 };
  return { ...judged, ...validity };
}

function dataOf({ held, request }: Run, name: string): Data {
  return held.get(`${request.fullname}-${name}`)?.data ?? {};
}

function read(run: Run, name: string, field: string): string {
  return dataOf(run, name)[field] ?? '';
}

/** Writes what differs, and only that. */
async function write(
  run: Run,
  suffix: string,
  { data, reason }: { data: Data; reason: string },
): Promise<boolean> {
  const { secrets, logger } = run.deps;
  const name = `${run.request.fullname}-${suffix}`;
  const before = run.held.get(name);
  const isSame = Object.entries(data).every(([field, value]) => before?.data[field] === value);
  if (before !== undefined && isSame) return true;
  const outcome =
    before === undefined
      ? await secrets.create(name, data, run.signal)
      : await secrets.update(name, { data, resourceVersion: before.resourceVersion }, run.signal);
  if (outcome.kind === 'conflict') return false;
  if (reason === 'broken' || reason === 'expired')
    logger.warn({ name, reason }, 'secret made again');
  else logger.info({ name, reason }, 'secret written');
  run.held.set(name, await secrets.get(name, run.signal));
  return true;
}
