import { LATEST } from '@mayfly/lambda-api';
import type { PutRuntimeManagementConfigRequest } from '@mayfly/lambda-api/contract';
import { editFunction } from '../objects/edit-function.ts';
import { serve } from '../operation.ts';
import { requireTarget } from '../references.ts';
import { RUNTIME_MANAGEMENT_PARTIAL } from './get-runtime-management-config.ts';
import { invalid } from '../invalid.ts';

/** `PUT /2021-07-20/functions/{FunctionName}/runtime-management-config` */
export const putRuntimeManagementConfig = serve(
  'PutRuntimeManagementConfig',
  async (input, call) => {
    const target = requireTarget(input, call);
    check(input, target.qualifier);
    const { UpdateRuntimeOn, RuntimeVersionArn } = input;
    const runtimeManagement = {
      updateRuntimeOn: UpdateRuntimeOn,
      ...(RuntimeVersionArn === undefined ? {} : { runtimeVersionArn: RuntimeVersionArn }),
    };
    await editFunction(target, (spec) => ({ ...spec, runtimeManagement }), call);
    return { UpdateRuntimeOn, RuntimeVersionArn, FunctionArn: target.arn };
  },
  { partial: `${RUNTIME_MANAGEMENT_PARTIAL}, and that of a published version stays as it was` },
);

function check(
  { UpdateRuntimeOn, RuntimeVersionArn }: PutRuntimeManagementConfigRequest,
  qualifier = LATEST,
): void {
  if (qualifier !== LATEST) {
    throw invalid(
      'The runtime management of a published version is not changed by Mayfly: set that of $LATEST and publish.',
    );
  }
  if ((UpdateRuntimeOn === 'Manual') === (RuntimeVersionArn !== undefined)) return;
  throw invalid(
    UpdateRuntimeOn === 'Manual'
      ? 'RuntimeVersionArn is required when UpdateRuntimeOn is Manual.'
      : `RuntimeVersionArn is not for UpdateRuntimeOn ${UpdateRuntimeOn}: it is for Manual.`,
  );
}
