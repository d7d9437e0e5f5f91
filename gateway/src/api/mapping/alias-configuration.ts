import type { AliasResource, AliasSpec } from '@mayfly/api';
import { makeFunctionArn } from '@mayfly/lambda-api';
import type { AliasConfiguration, AliasRoutingConfiguration } from '@mayfly/lambda-api/contract';
import type { ApiSite } from '../operation.ts';
import { toRevisionId } from './revision-id.ts';

/** An alias as the API says it: what was asked for last. */
export function toAliasConfiguration(alias: AliasResource, site: ApiSite): AliasConfiguration {
  const { functionName, name, functionVersion, description, routingConfig } = alias.spec;
  const weights = routingConfig?.additionalVersionWeights ?? {};
  return {
    AliasArn: makeFunctionArn({ ...site, functionName }, name),
    Name: name,
    FunctionVersion: functionVersion,
    Description: description,
    ...(Object.keys(weights).length === 0
      ? {}
      : { RoutingConfig: { AdditionalVersionWeights: weights } }),
    RevisionId: aliasRevisionIdOf(alias),
  };
}

/** The `RevisionId` of an alias. */
export function aliasRevisionIdOf({ metadata, status }: AliasResource): string {
  const isSettled = (status?.observedGeneration ?? 0) >= metadata.generation;
  const settled = isSettled ? status?.revisionId : undefined;
  return settled ?? toRevisionId(metadata);
}

/** What a request says of a second version: none is `undefined`. */
export function toRoutingConfig(
  request: AliasRoutingConfiguration | undefined,
): AliasSpec['routingConfig'] {
  const weights = request?.AdditionalVersionWeights ?? {};
  return Object.keys(weights).length === 0 ? undefined : { additionalVersionWeights: weights };
}
