import { randomBytes } from 'node:crypto';
import type { CodeUploads } from '@mayfly/core';
import { LambdaError } from '@mayfly/lambda-api';
import { toLambdaCodeUploads } from './lambda-code-uploads.ts';
import { presignLocation, type CodeLocation } from './presign-location.ts';

/** Archives, as the API and its download addresses use them. */
export interface GatewayCode {
  readonly codeUploads: CodeUploads;
  readonly locationKeys: () => readonly string[];
  readonly makeCodeLocation: (location: CodeLocation) => string;
}

/** With several gateways each takes the addresses of every other: they share their tokens. One alone makes up a key. */
export function composeCode({
  codeUploads,
  cluster,
}: {
  readonly codeUploads: CodeUploads;
  readonly cluster?: { readonly tokens: () => readonly string[] } | undefined;
}): GatewayCode {
  const own = [randomBytes(32).toString('hex')];
  const locationKeys = cluster?.tokens ?? (() => own);
  return {
    codeUploads: toLambdaCodeUploads(codeUploads),
    locationKeys,
    makeCodeLocation: (location) => {
      const [key] = locationKeys();
      if (key !== undefined) return presignLocation(location, key);
      throw new LambdaError(
        'ServiceUnavailableException',
        'The gateway has no key yet. Try again.',
      );
    },
  };
}
