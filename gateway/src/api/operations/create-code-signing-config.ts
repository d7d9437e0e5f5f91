import { API_VERSION, LAST_MODIFIED_ANNOTATION, type CodeSigningConfigSpec } from '@mayfly/api';
import type { UpdateCodeSigningConfigRequest } from '@mayfly/lambda-api/contract';
import { toCodeSigningConfig } from '../mapping/code-signing-config.ts';
import { withoutAbsent } from '../mapping/without-absent.ts';
import { serve } from '../operation.ts';

/** What is missing, for the table of operations. */
export const CODE_SIGNING_PARTIAL =
  'no signature is verified: every archive counts as not signed, which Enforce refuses';

const ID_DIGITS = 17;

/** `POST /2020-04-22/code-signing-configs` */
export const createCodeSigningConfig = serve(
  'CreateCodeSigningConfig',
  async (input, { writer, clock, makeId, site, signal }) => {
    const object = {
      apiVersion: API_VERSION,
      kind: 'CodeSigningConfig',
      metadata: {
        name: `csc-${makeId().replaceAll('-', '').slice(0, ID_DIGITS)}`,
        namespace: site.namespace,
        annotations: { [LAST_MODIFIED_ANNOTATION]: new Date(clock.now()).toISOString() },
      },
      spec: { ...toSigningSettings(input), ...withoutAbsent({ tags: input.Tags }) },
    } as const;
    const created = await writer.create<'CodeSigningConfig'>(object, signal);
    return { CodeSigningConfig: toCodeSigningConfig(created, site) };
  },
  { partial: CODE_SIGNING_PARTIAL },
);

/** What of the spec a request says. */
export function toSigningSettings({
  Description: description,
  AllowedPublishers,
  CodeSigningPolicies,
}: Omit<UpdateCodeSigningConfigRequest, 'CodeSigningConfigArn'>): Partial<CodeSigningConfigSpec> {
  const { UntrustedArtifactOnDeployment: untrustedArtifactOnDeployment } =
    CodeSigningPolicies ?? {};
  return withoutAbsent({
    description,
    allowedPublishers: AllowedPublishers && {
      signingProfileVersionArns: [...AllowedPublishers.SigningProfileVersionArns],
    },
    policies: untrustedArtifactOnDeployment && { untrustedArtifactOnDeployment },
  });
}
