import { lookup as lookUp, type LookupAddress } from 'node:dns';
import { get as getHttp, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { get as getHttps } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { RefusedCodeError } from './refusal.ts';

/** How a user's address may be asked. */
export interface GuardOptions {
  /** Tests fetch from the machine they run on. */
  readonly allowLoopback?: boolean;
  readonly headers?: OutgoingHttpHeaders;
}

/** Addresses that only this machine, or the machine that it runs on, answers at: among them clouds' metadata. */
const FORBIDDEN = new BlockList();
FORBIDDEN.addSubnet('0.0.0.0', 8, 'ipv4');
FORBIDDEN.addSubnet('169.254.0.0', 16, 'ipv4');
FORBIDDEN.addAddress('::', 'ipv6');
FORBIDDEN.addSubnet('fe80::', 10, 'ipv6');
// 169.254.0.0/16 by way of NAT64.
FORBIDDEN.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6');
// Metadata outside of link-local ranges: AWS, Google, Azure, Alibaba, Oracle.
FORBIDDEN.addAddress('fd00:ec2::254', 'ipv6');
FORBIDDEN.addAddress('fd20:ce::254', 'ipv6');
FORBIDDEN.addAddress('168.63.129.16', 'ipv4');
FORBIDDEN.addAddress('100.100.100.200', 'ipv4');
FORBIDDEN.addAddress('192.0.0.192', 'ipv4');
const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/**
 * Asks an address that a user wrote by GET, over a connection of its own. Redirects are not followed.
 * @throws RefusedCodeError when it is one that is never asked
 */
export function openGuarded(
  url: URL,
  options: GuardOptions,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const address = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(address) !== 0) refuseForbidden(address, options);
  const get = url.protocol === 'https:' ? getHttps : getHttp;
  const { headers = {} } = options;
  return new Promise((resolve, reject) => {
    const request = get(
      url,
      { signal, headers, agent: false, lookup: makeLookup(options) },
      resolve,
    );
    request.on('error', reject);
  });
}

/** Looks at the address that is connected to, so that a name cannot mean another one the second time. */
function makeLookup(options: GuardOptions): LookupFunction {
  return (hostname, lookupOptions, callback) => {
    lookUp(hostname, { ...lookupOptions, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, '', 0);
        return;
      }
      try {
        for (const { address } of addresses) refuseForbidden(address, options);
        answer(addresses, lookupOptions.all === true, callback);
      } catch (refusal) {
        callback(refusal as Error, '', 0);
      }
    });
  };
}

function answer(
  addresses: LookupAddress[],
  wantsAll: boolean,
  callback: Parameters<LookupFunction>[2],
): void {
  const [first] = addresses;
  if (wantsAll) callback(null, addresses);
  else callback(null, first?.address ?? '', first?.family ?? 4);
}

function refuseForbidden(address: string, { allowLoopback = false }: GuardOptions): void {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  const isLoopback = LOOPBACK.check(address, family);
  if ((isLoopback && !allowLoopback) || FORBIDDEN.check(address, family)) {
    throw new RefusedCodeError(
      'CodeNotFound',
      `Code is not fetched from ${address}: it is an address of this machine or of its host.`,
    );
  }
}
