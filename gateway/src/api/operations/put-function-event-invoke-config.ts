import { checkDestinations } from '../mapping/check-destinations.ts';
import {
  applyConfig,
  changeEventInvokeConfig,
  requireConfigTarget,
  requireSettings,
  toEventInvokeConfig,
} from '../mapping/event-invoke-config.ts';
import { serve } from '../operation.ts';

/** `PUT /2019-09-25/functions/{FunctionName}/event-invoke-config`: all of it anew. */
export const putFunctionEventInvokeConfig = serve(
  'PutFunctionEventInvokeConfig',
  async (input, call) => {
    requireSettings(input);
    const target = requireConfigTarget(input, call);
    checkDestinations(input.DestinationConfig, target.functionName, call);
    const config = applyConfig({}, input);
    const written = await changeEventInvokeConfig(target, () => config, call);
    return toEventInvokeConfig(target.qualifiedArn, written, config);
  },
  { partial: 'kept: it takes effect when asynchronous invocation is served' },
);
