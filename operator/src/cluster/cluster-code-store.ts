import path from 'node:path';
import {
  CodeFollower,
  FolderCodeStore,
  MirroredCodeStore,
  S3CodeStore,
  type MirrorObserver,
} from '@mayfly/code';
import type { Clock, CodeStore } from '@mayfly/core';
import type { KubeApi } from '@mayfly/kube';
import { GrpcCodeMirror } from '@mayfly/proto';
import type { Logger } from '@mayfly/telemetry';
import type { ClusterOperatorConfig } from './config.ts';
import { followClientTls } from './operator-secrets.ts';

/** What code stores of operators need. */
export interface ClusterCodeStoreDeps {
  readonly api: KubeApi;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly mirrorObserver: MirrorObserver;
}

/** Where the operator that leads keeps archives. */
export interface ClusterCodeStore {
  readonly codeStore: CodeStore;
  /** The same, where it is S3. */
  readonly s3: S3CodeStore | undefined;
  /** The same, where each operator has a folder of its own, and mirrors the leader's. */
  readonly mirrored: MirroredCodeStore | undefined;
}

/** Beside the archives: there is room for them, and none is copied from disk to disk. */
const MIRROR_STAGING = '.mirror';

/** The store of the operator that leads. */
export function makeClusterCodeStore(
  { clock, logger, mirrorObserver: observer }: ClusterCodeStoreDeps,
  { codeStore }: ClusterOperatorConfig,
): ClusterCodeStore {
  if (codeStore.type === 's3') {
    const s3 = new S3CodeStore({ ...codeStore, endpoint: codeStore.endpoint });
    return { codeStore: s3, s3, mirrored: undefined };
  }
  const local = new FolderCodeStore(codeStore.path);
  const { replicas } = codeStore;
  if (replicas === undefined) return { codeStore: local, s3: undefined, mirrored: undefined };
  const mirrored = new MirroredCodeStore({
    ...{ local, replicas, clock, logger, observer },
    stagingDir: path.join(codeStore.path, MIRROR_STAGING),
  });
  return { codeStore: mirrored, s3: undefined, mirrored };
}

/** An operator that stands by, as far as the code store goes. */
export interface StandBy {
  /** Whether it has had all that a leader had, or need not. */
  readonly hasCaughtUp: boolean;
  /** Whether another operator may go for it. */
  readonly isReady: boolean;
  close(): Promise<void>;
}

/** Mirrors the leader's archives, where each operator has a folder of its own. */
export async function startStandBy(
  deps: ClusterCodeStoreDeps,
  { codeStore, identity, ports }: ClusterOperatorConfig,
): Promise<StandBy> {
  if (codeStore.type !== 'volume' || codeStore.replicas === undefined) {
    return { hasCaughtUp: true, isReady: true, close: () => Promise.resolve() };
  }
  const { clock, logger, mirrorObserver: observer } = deps;
  const stop = new AbortController();
  const tls = await followClientTls({ ...deps, ...identity }, stop.signal);
  const target = `${identity.leaderHost}:${ports.link.toString()}`;
  const leader = new GrpcCodeMirror({ clock, tls, target });
  const follower = new CodeFollower({
    ...{ leader, clock, logger, observer },
    replica: identity.podName,
    local: new FolderCodeStore(codeStore.path),
    stagingDir: path.join(codeStore.path, MIRROR_STAGING),
  });
  follower.start();
  return {
    get hasCaughtUp() {
      return follower.hasCaughtUp;
    },
    get isReady() {
      return follower.isReady;
    },
    async close() {
      await follower.close();
      leader.close();
      stop.abort();
    },
  };
}
