import { LambdaError } from '@mayfly/lambda-api';
import { applyUrlSettings, toUrlConfig, type Url } from '../mapping/url-config.ts';
import { findUrlHolder, urlHolderNotFound, writeUrl } from '../objects/url-holder.ts';
import { serve } from '../operation.ts';
import { readReference } from '../references.ts';

/** What is missing, for the table of operations. */
export const URL_PARTIAL =
  '`InvokeMode: RESPONSE_STREAM` is refused by name until streaming exists';

/** `POST /2021-10-31/functions/{FunctionName}/url` */
export const createFunctionUrlConfig = serve(
  'CreateFunctionUrlConfig',
  async (input, call) => {
    const holder = findUrlHolder(input, call);
    if (holder === undefined) throw urlHolderNotFound();
    const { functionArn } = readReference(input, call.site);
    const asked = applyUrlSettings({ authType: input.AuthType, invokeMode: 'BUFFERED' }, input);
    const edit = (before: Url | undefined): Url => {
      if (before !== undefined) throw urlExists(functionArn);
      return asked;
    };
    const { LastModifiedTime: _modified, ...config } = toUrlConfig(
      await writeUrl(holder, edit, call),
      asked,
      call,
    );
    return { ...config, InvokeMode: input.InvokeMode };
  },
  { partial: URL_PARTIAL },
);

function urlExists(functionArn: string): LambdaError {
  return new LambdaError(
    'ResourceConflictException',
    `Failed to create function url config for [functionArn = ${functionArn}]. Error message:  FunctionUrlConfig exists for this Lambda function`,
  );
}
