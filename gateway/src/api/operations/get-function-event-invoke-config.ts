import { findConfigTarget, noConfig, toEventInvokeConfig } from '../mapping/event-invoke-config.ts';
import { serve } from '../operation.ts';

/** `GET /2019-09-25/functions/{FunctionName}/event-invoke-config` */
export const getFunctionEventInvokeConfig = serve('GetFunctionEventInvokeConfig', (input, call) => {
  const target = findConfigTarget(input, call);
  const { holder, qualifiedArn } = target;
  const config = holder?.spec.eventInvokeConfig;
  if (holder === undefined || config === undefined) throw noConfig(target);
  return toEventInvokeConfig(qualifiedArn, holder, config);
});
