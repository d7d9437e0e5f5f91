import {
  LAST_MODIFIED_ANNOTATION,
  type CodeSigningConfigResource,
  type FunctionResource,
} from '@mayfly/api';
import { codeSigningConfigArnOf, codeSigningConfigIdOf } from '@mayfly/core';
import { LambdaError } from '@mayfly/lambda-api';
import type { CodeSigningConfig } from '@mayfly/lambda-api/contract';
import type { ApiCall, ApiSite } from '../operation.ts';
import { toLambdaTime } from './function-configuration.ts';

/**
 * The config of a request.
 * @throws LambdaError `ResourceNotFoundException`
 */
export function requireCodeSigningConfig(
  { CodeSigningConfigArn: arn }: { readonly CodeSigningConfigArn: string },
  { objects, site }: ApiCall,
): CodeSigningConfigResource {
  const config = objects.findCodeSigningConfig(arn, site);
  if (config === undefined) throw codeSigningConfigNotFound(arn);
  return config;
}

/** AWS's answer for a config that is not there. */
export function codeSigningConfigNotFound(arn: string): LambdaError {
  return new LambdaError(
    'ResourceNotFoundException',
    `The Lambda code signing configuration ${arn} can not be found.`,
  );
}

/** The functions that have it, sorted by name. */
export function functionsWith(
  arn: string,
  { objects, site }: ApiCall,
): readonly FunctionResource[] {
  const all = objects.functionsOf(site.namespace);
  return all.filter(({ spec }) => spec.codeSigningConfigArn === arn);
}

/** The config as the API says it. */
export function toCodeSigningConfig(
  config: CodeSigningConfigResource,
  site: ApiSite,
): CodeSigningConfig {
  const { metadata, spec } = config;
  const modified = metadata.annotations?.[LAST_MODIFIED_ANNOTATION];
  return {
    CodeSigningConfigId: codeSigningConfigIdOf(config),
    CodeSigningConfigArn: codeSigningConfigArnOf(config, site),
    Description: spec.description,
    AllowedPublishers: {
      SigningProfileVersionArns: spec.allowedPublishers.signingProfileVersionArns,
    },
    CodeSigningPolicies: {
      UntrustedArtifactOnDeployment: spec.policies?.untrustedArtifactOnDeployment ?? 'Warn',
    },
    LastModified: toLambdaTime(modified ?? metadata.creationTimestamp),
  };
}
