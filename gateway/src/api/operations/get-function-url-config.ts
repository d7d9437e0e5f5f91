import { toUrlConfig } from '../mapping/url-config.ts';
import { requireUrl } from '../objects/url-holder.ts';
import { serve } from '../operation.ts';

/** `GET /2021-10-31/functions/{FunctionName}/url` */
export const getFunctionUrlConfig = serve('GetFunctionUrlConfig', (input, call) => {
  const { holder, url } = requireUrl(input, call);
  return toUrlConfig(holder, url, call);
});
