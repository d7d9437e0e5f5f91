import { enforcesSignatures } from '@mayfly/core';
import { LambdaError } from '@mayfly/lambda-api';
import type { ApiCall } from '../operation.ts';
import type { NamedFunction } from '../references.ts';
import { invalid } from '../invalid.ts';

/** What a request asks for of the signature of code. */
export interface AskedCodeSigning {
  readonly CodeSigningConfigArn?: string | undefined;
  readonly PackageType?: 'Zip' | 'Image' | undefined;
}

/**
 * What the contract leaves to us of the code signing config of a function.
 * @throws LambdaError `CodeSigningConfigNotFoundException`, or `InvalidParameterValueException` for an image
 */
export function checkCodeSigning(
  { CodeSigningConfigArn: arn = '', PackageType }: AskedCodeSigning,
  { objects, site }: ApiCall,
): void {
  if (arn === '') return;
  if (PackageType === 'Image') {
    throw invalid('Code signing is not supported for functions created with container images.');
  }
  if (objects.findCodeSigningConfig(arn, site) === undefined) throw configNotFound(arn);
}

/**
 * Refuses to deploy code, whatever it is, where the config of the function enforces signatures: none is verified. The
 * operator refuses only what differs from what is served; here a request says that it deploys.
 * @throws LambdaError `CodeVerificationFailedException`, `CodeSigningConfigNotFoundException`
 */
export function refuseUnsigned({ fn, functionName }: NamedFunction, call: ApiCall): void {
  const arn = fn.spec.codeSigningConfigArn;
  if (arn === undefined) return;
  const config = call.objects.findCodeSigningConfig(arn, call.site);
  if (config === undefined) throw configNotFound(arn);
  if (enforcesSignatures(config)) throw codeVerificationFailed(functionName);
}

/** AWS's answer for code that is not signed as its config demands. */
export function codeVerificationFailed(functionName: string): LambdaError {
  return new LambdaError(
    'CodeVerificationFailedException',
    `Lambda cannot deploy the function. The function or layer might be signed using a signature that the client is not configured to accept. Check the provided signature for ${functionName}.`,
  );
}

function configNotFound(arn: string): LambdaError {
  return new LambdaError(
    'CodeSigningConfigNotFoundException',
    `The code signing configuration cannot be found. Check that the provided configuration is not deleted: ${arn}.`,
  );
}
