import { checkDestinations } from '../mapping/check-destinations.ts';
import {
  applyConfig,
  changeEventInvokeConfig,
  noConfig,
  requireConfigTarget,
  requireSettings,
  toEventInvokeConfig,
} from '../mapping/event-invoke-config.ts';
import { serve } from '../operation.ts';

/** `POST /2019-09-25/functions/{FunctionName}/event-invoke-config`: what is not named stays. */
export const updateFunctionEventInvokeConfig = serve(
  'UpdateFunctionEventInvokeConfig',
  async (input, call) => {
    requireSettings(input);
    const target = requireConfigTarget(input, call);
    checkDestinations(input.DestinationConfig, target.functionName, call);
    const written = await changeEventInvokeConfig(
      target,
      (before) => {
        if (before === undefined) throw noConfig(target);
        return applyConfig(before, input);
      },
      call,
    );
    const config = written.spec.eventInvokeConfig;
    if (config === undefined) throw noConfig(target);
    return toEventInvokeConfig(target.qualifiedArn, written, config);
  },
  { partial: 'kept: it takes effect when asynchronous invocation is served' },
);
