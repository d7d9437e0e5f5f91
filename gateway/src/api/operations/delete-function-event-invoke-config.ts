import {
  changeEventInvokeConfig,
  findConfigTarget,
  noConfig,
} from '../mapping/event-invoke-config.ts';
import { serve } from '../operation.ts';

/** `DELETE /2019-09-25/functions/{FunctionName}/event-invoke-config` */
export const deleteFunctionEventInvokeConfig = serve(
  'DeleteFunctionEventInvokeConfig',
  async (input, call) => {
    const target = findConfigTarget(input, call);
    const { holder } = target;
    if (holder?.spec.eventInvokeConfig === undefined) throw noConfig(target);
    await changeEventInvokeConfig(
      { holder },
      (before) => {
        // Another call was faster.
        if (before === undefined) throw noConfig(target);
        return undefined;
      },
      call,
    );
    return {};
  },
);
