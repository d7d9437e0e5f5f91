import type { webcrypto } from 'node:crypto';
import './reflect.ts';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(crypto);
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
/** Clocks of nodes differ: a certificate is good a little before it was made. */
const CLOCK_SKEW_MS = 5 * 60_000;

/** A certificate and its key, in PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly privateKey: string;
}

/** How long, in milliseconds since 1970. */
export interface Validity {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** What a leaf certificate is for. */
export interface LeafRequest {
  readonly commonName: string;
  readonly usage: 'serverAuth' | 'clientAuth';
  readonly dnsNames: readonly string[];
  readonly nowMs: number;
  readonly lifeMs: number;
}

/** Makes an authority that signs itself. */
export async function issueAuthority(nowMs: number, lifeMs: number): Promise<KeyPair> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const { KeyUsageFlags } = x509;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    // The name differs each time: who has two authorities finds the right one.
    name: `CN=mayfly ${String(nowMs)}`,
    ...lifeOf(nowMs, lifeMs),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  return toPem(certificate, keys.privateKey);
}

/** Makes a certificate that the authority vouches for. */
export async function issueLeaf(authority: KeyPair, request: LeafRequest): Promise<KeyPair> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const pkcs8 = x509.PemConverter.decodeFirst(authority.privateKey);
  const signingKey = await crypto.subtle.importKey('pkcs8', pkcs8, ALGORITHM, false, ['sign']);
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const names = request.dnsNames.map((value) => ({ type: 'dns' as const, value }));
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${request.commonName}`,
    issuer: issuer.subject,
    ...lifeOf(request.nowMs, request.lifeMs),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage[request.usage]]),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
    ],
  });
  return toPem(certificate, keys.privateKey);
}

/** When a certificate is good; undefined for what is no certificate. */
export function readValidity(certificate: string | undefined): Validity | undefined {
  if (certificate === undefined) return undefined;
  try {
    const { notBefore, notAfter } = new x509.X509Certificate(certificate);
    return { notBeforeMs: notBefore.getTime(), notAfterMs: notAfter.getTime() };
  } catch {
    return undefined;
  }
}

/** True when one of the authorities signed it. */
export async function isSignedBy(certificate: string, authority: string): Promise<boolean> {
  try {
    const { publicKey } = new x509.X509Certificate(authority);
    return await new x509.X509Certificate(certificate).verify({ publicKey, signatureOnly: true });
  } catch {
    return false;
  }
}

/** True when the key is the one of the certificate. */
export async function isKeyOf({ certificate, privateKey }: KeyPair): Promise<boolean> {
  try {
    const pkcs8 = x509.PemConverter.decodeFirst(privateKey);
    const key = await crypto.subtle.importKey('pkcs8', pkcs8, ALGORITHM, false, ['sign']);
    const { publicKey } = new x509.X509Certificate(certificate);
    const verifyKey = (await publicKey.export(ALGORITHM, ['verify'])) as webcrypto.CryptoKey;
    const text = new TextEncoder().encode('mayfly');
    const signature = await crypto.subtle.sign(ALGORITHM, key, text);
    return await crypto.subtle.verify(ALGORITHM, verifyKey, signature, text);
  } catch {
    return false;
  }
}

function lifeOf(nowMs: number, lifeMs: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(nowMs - CLOCK_SKEW_MS), notAfter: new Date(nowMs + lifeMs) };
}

async function toPem(
  certificate: x509.X509Certificate,
  key: webcrypto.CryptoKey,
): Promise<KeyPair> {
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', key);
  return {
    certificate: certificate.toString('pem'),
    privateKey: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'),
  };
}
