import { requireUrl, urlNotFound, writeUrl } from '../objects/url-holder.ts';
import { serve } from '../operation.ts';

/** `DELETE /2021-10-31/functions/{FunctionName}/url` */
export const deleteFunctionUrlConfig = serve('DeleteFunctionUrlConfig', async (input, call) => {
  const { holder } = requireUrl(input, call);
  await writeUrl(
    holder,
    (before) => {
      if (before === undefined) throw urlNotFound();
      return undefined;
    },
    call,
  );
  return {};
});
