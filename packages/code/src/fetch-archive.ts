import { lookup as lookUp, type LookupAddress } from 'node:dns';
import { get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { describeBytes } from './code-limits.ts';
import { RefusedCodeError } from './refusal.ts';

/** How an archive may be fetched. */
export interface FetchOptions {
  readonly maxBytes: number;
  /** Tests fetch from the machine they run on. */
  readonly allowLoopback?: boolean;
}

const MAX_REDIRECTS = 3;
const DEADLINE_MS = 120_000;

/** Addresses that only this machine, or the machine that it runs on, answers at: among them clouds' metadata. */
const FORBIDDEN = new BlockList();
FORBIDDEN.addSubnet('0.0.0.0', 8, 'ipv4');
FORBIDDEN.addSubnet('169.254.0.0', 16, 'ipv4');
FORBIDDEN.addSubnet('fe80::', 10, 'ipv6');
FORBIDDEN.addAddress('fd00:ec2::254', 'ipv6');
const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/**
 * Fetches an archive by GET.
 * @throws RefusedCodeError when the address or the answer is the user's to mend; another Error when a retry may help
 */
export async function fetchArchive(
  url: string,
  options: FetchOptions,
  signal?: AbortSignal,
): Promise<Buffer> {
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  const ending = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
  let next = url;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    const response = await open(next, options, ending);
    const status = response.statusCode ?? 0;
    const { location } = response.headers;
    if (status < 300 || status > 399 || location === undefined)
      return readAnswer(response, url, options);
    response.destroy();
    next = new URL(location, next).toString();
  }
  throw new RefusedCodeError(
    'CodeNotFound',
    `${url} redirects more than ${MAX_REDIRECTS.toString()} times.`,
  );
}

function open(url: string, options: FetchOptions, signal: AbortSignal): Promise<IncomingMessage> {
  const { protocol, hostname } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw new RefusedCodeError('CodeNotFound', `${url} is neither http nor https.`);
  }
  const address = hostname.replace(/^\[|\]$/g, '');
  if (isIP(address) !== 0) refuseForbidden(address, options);
  const get = protocol === 'https:' ? getHttps : getHttp;
  return new Promise((resolve, reject) => {
    const request = get(url, { signal, agent: false, lookup: makeLookup(options) }, resolve);
    request.on('error', (cause) => {
      reject(cause instanceof RefusedCodeError ? cause : new Error(`fetching ${url}`, { cause }));
    });
  });
}

/** Looks at the address that is connected to, so that a name cannot mean another one the second time. */
function makeLookup(options: FetchOptions): LookupFunction {
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

function refuseForbidden(address: string, { allowLoopback = false }: FetchOptions): void {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  const isLoopback = LOOPBACK.check(address, family);
  if ((isLoopback && !allowLoopback) || FORBIDDEN.check(address, family)) {
    throw new RefusedCodeError(
      'CodeNotFound',
      `Code is not fetched from ${address}: it is a loopback or link-local address.`,
    );
  }
}

async function readAnswer(
  response: IncomingMessage,
  url: string,
  { maxBytes }: FetchOptions,
): Promise<Buffer> {
  const status = response.statusCode ?? 0;
  if (status >= 500 || status === 429) {
    response.destroy();
    throw new Error(`fetching ${url}: it answered ${status.toString()}`);
  }
  if (status !== 200) {
    response.destroy();
    throw new RefusedCodeError('CodeNotFound', `${url} answered ${status.toString()}.`);
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      throw new RefusedCodeError(
        'CodeTooLarge',
        `${url} is larger than ${describeBytes(maxBytes)}.`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
