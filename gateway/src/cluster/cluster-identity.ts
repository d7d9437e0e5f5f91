import { AccessReviewApi, SecretApi, type KubeApi } from '@mayfly/kube';
import { systemClock, type Logger } from '@mayfly/telemetry';
import type { IdentityDeps } from '../identity/compose-identity.ts';
import { ACCESS_KEY_LABEL, AccessKeySecrets } from '../identity/access-key-secrets.ts';

/** Where access keys are, and whose they are if they do not say. */
export interface ClusterIdentityOptions {
  readonly namespace: string;
  readonly accountId: string;
}

const GROUP = 'mayfly.dev';

/** Callers by Secrets and tokens of the cluster, and rights by its RBAC. Resolves when the Secrets are known. */
export async function watchIdentity(
  api: KubeApi,
  { namespace, accountId }: ClusterIdentityOptions,
  { logger, signal }: { readonly logger: Logger; readonly signal: AbortSignal },
): Promise<IdentityDeps> {
  const accessKeys = new AccessKeySecrets({
    namespace,
    accountId,
    onUnreadable: (name, problems) => {
      logger.warn({ namespace, name, problems }, 'secret is no access key');
    },
  });
  await new SecretApi(api).watchLabelled(
    { namespace, labelSelector: `${ACCESS_KEY_LABEL}=true` },
    (name, secret) => {
      accessKeys.apply(name, secret);
    },
    {
      signal,
      clock: systemClock,
      onError: (err) => {
        logger.warn({ err, namespace }, 'watch of access keys broke');
      },
    },
  );
  const reviews = new AccessReviewApi(api);
  return {
    accessKeys,
    tokenReviewer: { review: (token) => reviews.whoHas(token, signal) },
    accessReviewer: {
      isAllowed: (question) => reviews.isAllowed({ ...question, group: GROUP }, signal),
    },
  };
}
