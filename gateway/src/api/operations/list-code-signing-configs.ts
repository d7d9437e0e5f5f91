import { codeSigningConfigIdOf } from '@mayfly/core';
import { toCodeSigningConfig } from '../mapping/code-signing-config.ts';
import { serve } from '../operation.ts';
import { toPage } from '../paging.ts';

/** `GET /2020-04-22/code-signing-configs` */
export const listCodeSigningConfigs = serve(
  'ListCodeSigningConfigs',
  (input, { objects, site }) => {
    const listed = objects.codeSigningConfigsOf(site.namespace);
    const { items, nextMarker } = toPage(listed, input, { keyOf: codeSigningConfigIdOf });
    return {
      CodeSigningConfigs: items.map((config) => toCodeSigningConfig(config, site)),
      NextMarker: nextMarker,
    };
  },
);
