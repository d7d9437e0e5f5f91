import type { ThrottleReason } from '@mayfly/lambda-api';
import type { ExecutionEnvironmentAddress } from './execution-environment-driver.ts';
import type { RevisionKey } from './revision-key.ts';

/** An execution environment as a gateway sees it. */
export interface GrantedExecutionEnvironment extends RevisionKey, ExecutionEnvironmentAddress {
  readonly executionEnvironmentId: string;
  /** `$LATEST` or a number. */
  readonly version: string;
  /** Made ahead, as provisioned concurrency: used before those that are not. */
  readonly isProvisioned: boolean;
  /** What its start took; undefined when it had been started before it was asked for. */
  readonly start?: StartDurations | undefined;
}

/** The operator's parts of a cold start, in milliseconds, one after the other. */
export interface StartDurations {
  /** From the first wish for it to its creation, and what the operator itself took afterwards. */
  readonly grantMs: number;
  /** Until its agent waits for a function. */
  readonly podMs: number;
  /** Telling it its function: code in place, runtime launched. Without init. */
  readonly assignMs: number;
  /** The init phase. */
  readonly initMs: number;
}

/** What a gateway tells the operator. Never sent per invocation, but for the first one that must wait. */
export type GatewayMessage =
  /** So many invocations wait for this revision. 0 takes the demand back. Replaces what was said before. */
  | {
      readonly kind: 'demand';
      readonly key: RevisionKey;
      readonly queued: number;
      /** How long its invocations take, lately; undefined: nobody knows yet. */
      readonly typicalMs?: number;
    }
  /** What changed in the last tenth of a second, coalesced: who went idle and who is busy. No times: clocks differ. */
  | {
      readonly kind: 'activity';
      readonly idle: readonly string[];
      readonly busy: readonly string[];
    }
  /** Answer to `revoke`: it was idle (or has become so) and has left the idle list. */
  | { readonly kind: 'released'; readonly executionEnvironmentId: string }
  /** It refused a connection or broke: it takes nothing any more. */
  | {
      readonly kind: 'dead';
      readonly executionEnvironmentId: string;
      readonly message: string;
      /** Nobody was there, not even to refuse: its machine may be lost. */
      readonly isLost: boolean;
    }
  /** It runs an invocation that is not ours: whoever had it before us has left one behind. It has left our lists. */
  | { readonly kind: 'occupied'; readonly executionEnvironmentId: string }
  /** It is about to stop: no home for anything any more; its execution environments move to the others. */
  | { readonly kind: 'draining' }
  /** Answer to `confirm`: invocations that it takes from now on follow that state of the object, or a later one. */
  | { readonly kind: 'confirmed'; readonly state: ObjectState }
  /** What came of invocations of revisions that it was told to observe, since it last said so; about each second. */
  | { readonly kind: 'outcomes'; readonly outcomes: readonly ObservedOutcomes[] }
  /** How much it has to do. Once a second while that is worth telling, and once when it is no more. */
  | ({ readonly kind: 'load' } & LoadReport);

/** A state of an object that gateways follow: the one that the operator has seen in that generation of it. */
export interface ObjectState {
  readonly kind: 'Function' | 'Version' | 'Alias';
  readonly namespace: string;
  readonly name: string;
  readonly generation: number;
  /** What is said there, where a generation does not tell; see `describeRoutingState`. */
  readonly content?: string;
}

/** A revision whose outcomes are counted. */
export interface ObservedRevision {
  readonly key: RevisionKey;
  /** What takes longer counts as slow; undefined: nothing does. */
  readonly slowMs?: number;
}

/** How many invocations of a revision ended, and how. */
export interface ObservedOutcomes extends ObservedRevision {
  readonly invocations: number;
  /** Function errors, and invocations that the platform failed. */
  readonly errors: number;
  readonly slow: number;
}

/** What a gateway had to do in the last second or so. */
export interface LoadReport {
  /** Share of the time in which its event loop had something to do, from 0 to 1. */
  readonly utilisation: number;
  /** Invocations, whether it is their home or only the way to it. */
  readonly perSecond: number;
  /** The functions that it is home to and that have most of the invocations, those with most first. */
  readonly busiest: readonly { readonly functionId: string; readonly perSecond: number }[];
}

/** A function that has more than one home: the first so many in its ranking of the gateways. */
export interface FunctionSpread {
  /** As `functionIdOf` makes it. */
  readonly functionId: string;
  readonly homes: number;
}

/** A gateway that takes invocations, and where its siblings reach it. */
export interface GatewayMember {
  readonly gatewayId: string;
  /** `host:port` of its internal endpoint. */
  readonly address: string;
}

/**
 * What a gateway says first on every new link: all that it has, so that an operator that knows nothing (a new
 * leader, or one that missed messages) knows as much as the one before.
 */
export interface GatewayHello extends GatewayMember {
  /** It is about to stop: no home for anything any more. */
  readonly isDraining: boolean;
  /** Execution environments it was granted and has not given back. */
  readonly holding: readonly {
    readonly executionEnvironmentId: string;
    readonly isBusy: boolean;
    /** For how long it has been idle; meaningful when it is not busy. */
    readonly idleMs: number;
  }[];
  readonly demands: readonly { readonly key: RevisionKey; readonly queued: number }[];
  /** The functions that have more than one home, as it was told: a new leader goes on from there. */
  readonly spread?: readonly FunctionSpread[];
}

/** What the operator tells a gateway. */
export type OperatorMessage =
  /** The gateways there are: the homes of functions are computed from this. Replaces what was said before. */
  | { readonly kind: 'members'; readonly gateways: readonly GatewayMember[] }
  /** The functions that have more than one home. Replaces what was said before. */
  | { readonly kind: 'spread'; readonly functions: readonly FunctionSpread[] }
  /** A new execution environment that is ready for its first invocation. */
  | { readonly kind: 'grant'; readonly executionEnvironment: GrantedExecutionEnvironment }
  /**
   * Answer to `demand`: `coming` execution environments are being made. With a refusal, invocations waiting
   * beyond `coming` are throttled, and so are later ones until one frees or `lift` comes.
   */
  | {
      readonly kind: 'outlook';
      readonly key: RevisionKey;
      readonly coming: number;
      readonly refusal: ThrottleReason | undefined;
    }
  /** There is headroom again for this function. */
  | { readonly kind: 'lift'; readonly namespace: string; readonly functionName: string }
  /**
   * No execution environment can be made now. Waiting invocations are refused, unless it is temporary or
   * there are execution environments that may become free.
   */
  | {
      readonly kind: 'unavailable';
      readonly key: RevisionKey;
      readonly message: string;
      /** It says nothing about the function: another try follows soon. */
      readonly isTemporary: boolean;
    }
  /** Give this one back: at once when idle, else after what it runs. Answered by `released`. */
  | { readonly kind: 'revoke'; readonly executionEnvironmentId: string }
  /** It exists no more. */
  | { readonly kind: 'gone'; readonly executionEnvironmentId: string }
  /** Say when you follow this state of an object. Answered by `confirmed`. */
  | { readonly kind: 'confirm'; readonly state: ObjectState }
  /** The revisions whose outcomes are wanted. Replaces what was said before; a new link begins with none. */
  | { readonly kind: 'observe'; readonly revisions: readonly ObservedRevision[] };

/** The gateway's end of the link to the operator. */
export interface FleetLink {
  /**
   * Connects, and connects again whenever the link breaks, until `close`. `makeHello` is asked at every
   * connect; what was sent while there was no link is covered by it and is not sent again.
   */
  open(makeHello: () => GatewayHello): void;
  /** Sends over the open link; without one the message is dropped (see `open`). */
  send(message: GatewayMessage): void;
  /** Calls back for every message of the operator, in order. Returns the way to stop. */
  onMessage(listener: (message: OperatorMessage) => void): () => void;
  /** True while an operator is at the other end. */
  readonly isOpen: boolean;
  close(): Promise<void>;
}

/** What happens at the operator's end. */
export type GatewayEvent =
  /** A gateway has come, or has come back: its hello replaces all that was known of it. */
  | { readonly kind: 'connected'; readonly hello: GatewayHello }
  | { readonly kind: 'message'; readonly gatewayId: string; readonly message: GatewayMessage }
  /** Its link broke. It may live on, serve, and come back. */
  | { readonly kind: 'disconnected'; readonly gatewayId: string };

/** The operator's end: the links of all gateways. A second link of the same gateway ends the first. */
export interface FleetLinkServer {
  /** Sends to one gateway; dropped when it has no link: its next hello tells what it missed. */
  send(gatewayId: string, message: OperatorMessage): void;
  /** Calls back for every event, in order for each gateway. Returns the way to stop. */
  onEvent(listener: (event: GatewayEvent) => void): () => void;
}
