import { applyUrlSettings, toUrlConfig, type Url } from '../mapping/url-config.ts';
import { findUrlHolder, urlHolderNotFound, urlNotFound, writeUrl } from '../objects/url-holder.ts';
import { serve } from '../operation.ts';
import { URL_PARTIAL } from './create-function-url-config.ts';

/** `PUT /2021-10-31/functions/{FunctionName}/url` */
export const updateFunctionUrlConfig = serve(
  'UpdateFunctionUrlConfig',
  async (input, call) => {
    const holder = findUrlHolder(input, call);
    if (holder === undefined) throw urlHolderNotFound();
    let asked: Url | undefined;
    const edit = (before: Url | undefined): Url => {
      if (before === undefined) throw urlNotFound();
      asked = applyUrlSettings(before, input);
      return asked;
    };
    const written = await writeUrl(holder, edit, call);
    if (asked === undefined) throw urlNotFound();
    return toUrlConfig(written, asked, call);
  },
  { partial: URL_PARTIAL },
);
