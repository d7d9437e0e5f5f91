const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * The gateways in the order in which they are home to a function (rendezvous hashing): the first is its home,
 * the next acts as home while that one does not answer. When a gateway comes or goes, only the functions of
 * that gateway change their home: 100 functions on 4 gateways, one goes, 25 move.
 */
export function rankGateways<G extends { readonly gatewayId: string }>(
  functionId: string,
  gateways: readonly G[],
): readonly G[] {
  return gateways
    .map((gateway) => ({ gateway, score: hash(`${gateway.gatewayId}/${functionId}`) }))
    .sort((a, b) => b.score - a.score || compare(a.gateway.gatewayId, b.gateway.gatewayId))
    .map(({ gateway }) => gateway);
}

/** The home of a function, or undefined when there is no gateway. Cheaper than ranking all. */
export function findHome<G extends { readonly gatewayId: string }>(
  functionId: string,
  gateways: readonly G[],
): G | undefined {
  let home: G | undefined;
  let best = -1;
  for (const gateway of gateways) {
    const score = hash(`${gateway.gatewayId}/${functionId}`);
    const isTie = score === best && home !== undefined;
    if (score > best || (isTie && gateway.gatewayId < (home?.gatewayId ?? ''))) {
      home = gateway;
      best = score;
    }
  }
  return home;
}

/** The homes of a function that has so many: the first in the ranking, in its order. */
export function findHomes<G extends { readonly gatewayId: string }>(
  functionId: string,
  gateways: readonly G[],
  count: number,
): readonly G[] {
  if (count > 1) return rankGateways(functionId, gateways).slice(0, count);
  const home = findHome(functionId, gateways);
  return home === undefined ? [] : [home];
}

/** FNV-1a with the finaliser of MurmurHash3, because FNV alone hardly spreads what differs in the last character. */
function hash(text: string): number {
  let value = FNV_OFFSET;
  for (let i = 0; i < text.length; i += 1) {
    value = Math.imul(value ^ text.charCodeAt(i), FNV_PRIME);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
