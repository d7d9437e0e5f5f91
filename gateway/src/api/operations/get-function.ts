import type { FunctionResource, VersionResource } from '@mayfly/api';
import type { GetFunctionResponse } from '@mayfly/lambda-api/contract';
import { toFunctionConfiguration } from '../mapping/function-configuration.ts';
import { serve, type ApiCall } from '../operation.ts';
import { requireTarget } from '../references.ts';

/** `GET /2015-03-31/functions/{FunctionName}` */
export const getFunction = serve('GetFunction', (input, call) => {
  const target = requireTarget(input, call);
  const { fn, version } = target;
  const { tags, reservedConcurrentExecutions: reserved } = fn.spec;
  const Configuration = toFunctionConfiguration(target, call.site);
  return {
    Configuration,
    Code: toCodeLocation(fn, version, call),
    ...(tags === undefined || Object.keys(tags).length === 0 ? {} : { Tags: tags }),
    ...(reserved === undefined ? {} : { Concurrency: { ReservedConcurrentExecutions: reserved } }),
  };
});

function toCodeLocation(
  fn: FunctionResource,
  version: VersionResource | undefined,
  { baseUrl, clock, makeCodeLocation }: ApiCall,
): GetFunctionResponse['Code'] {
  const served = version?.spec.snapshot ?? fn.status?.served;
  if (fn.spec.packageType === 'Image') {
    return {
      RepositoryType: 'ECR',
      ImageUri: fn.spec.code.image?.uri,
      ResolvedImageUri: served?.image?.uri,
    };
  }
  if (served === undefined) return { RepositoryType: 'S3' };
  const { codeSha256 } = served;
  const Location = makeCodeLocation({ codeSha256, baseUrl, nowMs: clock.now() });
  return { RepositoryType: 'S3', Location };
}
