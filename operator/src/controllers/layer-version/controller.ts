import {
  findUnservedFields,
  type Condition,
  type LayerVersionResource,
  type LayerVersionStatus,
  type Platform,
} from '@mayfly/api';
import {
  layerVersionArnOf,
  type Account,
  type Clock,
  type CodeProgress,
  type ResourceStore,
  type StoredCode,
  type VersionNumbers,
} from '@mayfly/core';
import { makeLayerArn } from '@mayfly/lambda-api';
import type { Controller } from '../../reconcile/controller-runner.ts';
import { done, requeueAfter, type Result } from '../../reconcile/result.ts';
import type { FunctionCode } from '../function/controller.ts';
import { CONDITION, markCondition } from '../function/conditions.ts';
import type { ObjectEvents } from '../object-events.ts';
import { writeStatus } from '../write-status.ts';
import { toCodeOwner } from './code-owner.ts';
import type { LayerBook } from './layer-book.ts';

/** What the controller needs. */
export interface LayerVersionControllerDeps {
  readonly store: Pick<ResourceStore, 'update' | 'patchStatus'>;
  readonly code: FunctionCode;
  readonly numbers: VersionNumbers;
  readonly book: Pick<LayerBook, 'find'>;
  readonly events: ObjectEvents;
  readonly account: Account;
  readonly clock: Clock;
  readonly platform: Platform;
}

type Unresolved = Exclude<CodeProgress, { readonly kind: 'resolved' }>;
type Said = Pick<Condition, 'status' | 'reason' | 'message'>;

const RETRY_MS = 30_000;
const NUMBER_TAKEN = 'LayerVersionTaken';

/** Fetches the archive of each LayerVersion once, and gives it its number. */
export class LayerVersionController implements Controller<'LayerVersion'> {
  readonly name = 'layerversion';
  readonly #deps: LayerVersionControllerDeps;

  constructor(deps: LayerVersionControllerDeps) {
    this.#deps = deps;
  }

  async reconcile(seen: LayerVersionResource, signal: AbortSignal): Promise<Result> {
    if (seen.metadata.deletionTimestamp !== undefined) {
      this.#deps.code.forget?.(toCodeOwner(seen));
      return done;
    }
    const code = await this.#resolve(seen, signal);
    if (code.kind !== 'resolved') {
      await this.#write(seen, { said: toSaid(code) }, signal);
      return requeueAfter(retryMsOf(code), 'what is missing may have been mended');
    }
    const layer = await this.#number(seen, signal);
    const holder = this.#findHolder(layer);
    const said = holder === undefined ? toReady(layer) : toTaken(layer, holder);
    await this.#write(layer, holder === undefined ? { said, code } : { said }, signal);
    return holder === undefined ? done : requeueAfter(RETRY_MS, 'the number may become free');
  }

  /** Once it is there, nothing is read again: a version stays what it was. */
  async #resolve(layer: LayerVersionResource, signal: AbortSignal): Promise<CodeProgress> {
    const { codeSha256, codeSize } = layer.status ?? {};
    if (codeSha256 !== undefined && codeSize !== undefined) {
      return { kind: 'resolved', codeSha256, codeSize };
    }
    const owner = toCodeOwner(layer);
    const [unserved] = findUnservedFields(owner.spec, this.#deps.platform);
    if (unserved === undefined) return this.#deps.code.resolve(owner, signal);
    const path = unserved.path.replace('spec.code', 'spec.content');
    const message = `${path} ${unserved.message.replace('spec.code', 'spec.content')}.`;
    return { kind: 'refused', reason: 'FieldNotServed', message };
  }

  async #number(layer: LayerVersionResource, signal: AbortSignal): Promise<LayerVersionResource> {
    const { numbers, store } = this.#deps;
    const key = {
      namespace: layer.metadata.namespace,
      // No function name has a dot.
      functionName: `layer.${layer.spec.layerName}`,
    };
    const { version } = layer.spec;
    if (version === undefined) {
      const spec = { ...layer.spec, version: await numbers.next(key, 0, signal) };
      return store.update<'LayerVersion'>({ ...layer, spec }, signal);
    }
    // One that came with its number, from a backup for example.
    if (layer.status?.version === undefined) await numbers.passOver(key, version, signal);
    return layer;
  }

  #findHolder(layer: LayerVersionResource): LayerVersionResource | undefined {
    const { account, book } = this.#deps;
    const arn = layerVersionArnOf(layer, account);
    const holder = arn && book.find(layer.metadata.namespace, arn);
    return holder && holder.metadata.uid !== layer.metadata.uid ? holder : undefined;
  }

  async #write(
    layer: LayerVersionResource,
    { said, code }: { readonly said: Said; readonly code?: StoredCode },
    signal: AbortSignal,
  ): Promise<void> {
    const { generation } = layer.metadata;
    const { layerName, version } = layer.spec;
    const { account, clock } = this.#deps;
    const { conditions = [] } = layer.status ?? {};
    const status: LayerVersionStatus = {
      observedGeneration: generation,
      ...(version === undefined || code === undefined
        ? {}
        : {
            version: version.toString(),
            layerArn: makeLayerArn({ ...account, layerName }),
            layerVersionArn: makeLayerArn({ ...account, layerName }, version),
            codeSha256: code.codeSha256,
            codeSize: code.codeSize,
          }),
      conditions: structuredClone(conditions),
    };
    const nowIso = new Date(clock.now()).toISOString();
    const stamp = { nowIso, observedGeneration: generation };
    markCondition(status, stamp, { type: CONDITION.ready, ...said });
    const change = { object: layer, status, told: [CONDITION.ready] };
    await writeStatus<'LayerVersion'>(this.#deps, change, signal);
  }
}

function retryMsOf(code: Unresolved): number {
  return code.retryAfterMs ?? RETRY_MS;
}

function toSaid(code: Unresolved): Said {
  const { message } = code;
  return code.kind === 'refused'
    ? { status: 'False', reason: code.reason, message }
    : { status: 'Unknown', reason: 'CodePending', message };
}

function toReady({ spec }: LayerVersionResource): Said {
  const message = `${spec.layerName}:${String(spec.version)} can be used by functions.`;
  return { status: 'True', reason: 'Published', message };
}

function toTaken({ spec }: LayerVersionResource, holder: LayerVersionResource): Said {
  const { layerName, version } = spec;
  const message = `The version ${String(version)} of the layer ${layerName} is the LayerVersion ${holder.metadata.name}, which is older: leave spec.version out.`;
  return { status: 'False', reason: NUMBER_TAKEN, message };
}
