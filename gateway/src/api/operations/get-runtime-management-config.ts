import { serve } from '../operation.ts';
import { requireTarget } from '../references.ts';

/** What is missing, for the table of operations. */
export const RUNTIME_MANAGEMENT_PARTIAL =
  'the setting is kept; which release of a runtime runs is decided by the installation';

/** `GET /2021-07-20/functions/{FunctionName}/runtime-management-config` */
export const getRuntimeManagementConfig = serve(
  'GetRuntimeManagementConfig',
  (input, call) => {
    const { fn, version, arn } = requireTarget(input, call);
    const settings = version === undefined ? fn.spec : version.spec.snapshot?.configuration;
    const { updateRuntimeOn = 'Auto', runtimeVersionArn } = settings?.runtimeManagement ?? {};
    return {
      UpdateRuntimeOn: updateRuntimeOn,
      FunctionArn: arn,
      RuntimeVersionArn: runtimeVersionArn,
    };
  },
  { partial: RUNTIME_MANAGEMENT_PARTIAL },
);
