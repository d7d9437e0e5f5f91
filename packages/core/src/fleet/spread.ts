import type { LoadReport } from '../ports/fleet-link.ts';
import { findHomes } from '../routing/home.ts';

/** What is known of the load of one gateway. */
export interface GatewayLoad extends LoadReport {
  /** When it was told. */
  readonly atMs: number;
  /** Since when every report was of too much; undefined: the last one was not. */
  readonly overSinceMs: number | undefined;
}

/** A function that has more than one home. */
export interface SpreadState {
  readonly homes: number;
  readonly changedMs: number;
  /** Since when one home less would do; undefined: it would not. */
  readonly calmSinceMs: number | undefined;
}

/** Everything that `decideSpread` looks at. */
export interface SpreadFacts {
  /** Those that can be homes. */
  readonly gateways: readonly { readonly gatewayId: string }[];
  /** By gateway. One that says nothing has little to do. */
  readonly loads: ReadonlyMap<string, GatewayLoad>;
  /** By function; the others have one home. */
  readonly spread: ReadonlyMap<string, SpreadState>;
  readonly nowMs: number;
}

/** A gateway with less to do than this has nothing to tell. */
export const WORTH_TELLING = 0.2;
/** A home that has more to do than this is too hot. */
const TOO_MUCH = 0.75;
/** So much of each home a function may take for one home less to do: 2 homes at 0.3 would be 1 at 0.6. */
const COMFORTABLE = 0.5;
/** A second that is too hot is no load yet. */
const OVER_FOR_MS = 1_000;
/** What the last widening has brought shows after this. */
const WIDEN_GAP_MS = 3_000;
const CALM_FOR_MS = 60_000;
/** Who has not told its load for so long has none. */
const STALE_MS = 3_000;
/** Who is too hot says so every second. */
const FRESH_MS = 1_500;
/** Spreading a function helps a home of whose invocations it has at least this share. */
const LARGE_SHARE = 0.5;

/** What is known of a gateway, now that it has told its load. */
export function noteLoad(
  before: GatewayLoad | undefined,
  report: LoadReport,
  nowMs: number,
): GatewayLoad {
  const { utilisation, perSecond, busiest } = report;
  const isContinued = before !== undefined && nowMs - before.atMs <= STALE_MS;
  const sinceMs = isContinued ? (before.overSinceMs ?? nowMs) : nowMs;
  const overSinceMs = utilisation > TOO_MUCH ? sinceMs : undefined;
  return { utilisation, perSecond, busiest, atMs: nowMs, overSinceMs };
}

/**
 * How many homes each function has from now on. One more when a home has too much to do and most of that is
 * this function; one less after a minute in which the others could have carried it with ease. One at a time, and
 * the way back is longer: a function near the border does not go to and fro.
 */
export function decideSpread(facts: SpreadFacts): ReadonlyMap<string, SpreadState> {
  const { gateways, spread, nowMs } = facts;
  // Nobody is there to say anything: a leader that has just begun.
  if (gateways.length === 0) return spread;
  const next = new Map<string, SpreadState>();
  for (const [functionId, state] of spread) {
    const kept = relax(functionId, state, facts);
    if (kept.homes > 1) next.set(functionId, kept);
  }
  for (const { gatewayId } of gateways) {
    const functionId = findHot(gatewayId, facts);
    if (functionId === undefined) continue;
    const state = next.get(functionId) ?? { homes: 1, changedMs: -Infinity };
    const homes = Math.min(state.homes, gateways.length);
    const isHome = findHomes(functionId, gateways, homes).some((g) => g.gatewayId === gatewayId);
    const isDue = nowMs - state.changedMs >= WIDEN_GAP_MS;
    if (!isHome || !isDue || homes === gateways.length) continue;
    next.set(functionId, { homes: homes + 1, changedMs: nowMs, calmSinceMs: undefined });
  }
  return next;
}

/** The function that makes a gateway too hot. */
function findHot(gatewayId: string, { loads, nowMs }: SpreadFacts): string | undefined {
  const load = loads.get(gatewayId);
  if (load?.overSinceMs === undefined || nowMs - load.atMs > FRESH_MS) return undefined;
  if (nowMs - load.overSinceMs < OVER_FOR_MS) return undefined;
  const [first] = load.busiest;
  if (first === undefined || first.perSecond < LARGE_SHARE * load.perSecond) return undefined;
  return first.functionId;
}

function relax(functionId: string, state: SpreadState, facts: SpreadFacts): SpreadState {
  const { gateways, nowMs } = facts;
  // There may be fewer gateways just now: they are being replaced. What is remembered waits for them.
  const homes = Math.min(state.homes, gateways.length);
  const taken = findHomes(functionId, gateways, homes)
    .map(({ gatewayId }) => computeTaken(functionId, facts.loads.get(gatewayId), nowMs))
    .reduce((sum, one) => sum + one, 0);
  if (taken > COMFORTABLE * (homes - 1)) return { ...state, calmSinceMs: undefined };
  const calmSinceMs = state.calmSinceMs ?? nowMs;
  if (nowMs - calmSinceMs < CALM_FOR_MS) return { ...state, calmSinceMs };
  return { homes: homes - 1, changedMs: nowMs, calmSinceMs: undefined };
}

/** How much of a gateway a function takes. */
function computeTaken(functionId: string, load: GatewayLoad | undefined, nowMs: number): number {
  if (load === undefined || nowMs - load.atMs > STALE_MS || load.perSecond <= 0) return 0;
  const perSecond = load.busiest.find((one) => one.functionId === functionId)?.perSecond ?? 0;
  return (load.utilisation * perSecond) / load.perSecond;
}
