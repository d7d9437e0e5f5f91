import { LAST_MODIFIED_ANNOTATION, type CodeSigningConfigResource } from '@mayfly/api';
import {
  codeSigningConfigNotFound,
  requireCodeSigningConfig,
  toCodeSigningConfig,
} from '../mapping/code-signing-config.ts';
import { serve } from '../operation.ts';
import { CODE_SIGNING_PARTIAL, toSigningSettings } from './create-code-signing-config.ts';

/** `PUT /2020-04-22/code-signing-configs/{CodeSigningConfigArn}`: what is not named stays. */
export const updateCodeSigningConfig = serve(
  'UpdateCodeSigningConfig',
  async (input, call) => {
    const { metadata: key } = requireCodeSigningConfig(input, call);
    const { writer, clock, site, signal } = call;
    const settings = toSigningSettings(input);
    const modified = new Date(clock.now()).toISOString();
    const change = (config: CodeSigningConfigResource): CodeSigningConfigResource => {
      const { metadata } = config;
      const annotations = { ...metadata.annotations, [LAST_MODIFIED_ANNOTATION]: modified };
      const spec = { ...config.spec, ...settings };
      return { ...config, metadata: { ...metadata, annotations }, spec };
    };
    const notFound = () => codeSigningConfigNotFound(input.CodeSigningConfigArn);
    const target = { key, notFound };
    const written = await writer.change('CodeSigningConfig', target, { change, signal });
    return { CodeSigningConfig: toCodeSigningConfig(written, site) };
  },
  { partial: CODE_SIGNING_PARTIAL },
);
