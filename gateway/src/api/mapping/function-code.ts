import type { FunctionSpec } from '@mayfly/api';
import { LambdaError, LIMITS } from '@mayfly/lambda-api';
import type { FunctionCode } from '@mayfly/lambda-api/contract';
import type { ApiCall } from '../operation.ts';
import { invalid } from '../invalid.ts';

/** Where the code of a function is from now on. */
export interface PlacedCode {
  readonly code: FunctionSpec['code'];
  /** Bytes; undefined: not known before the operator has looked. */
  readonly codeSize: number | undefined;
  /** Base64; undefined: not known before the operator has looked. */
  readonly codeSha256: string | undefined;
}

type CodeSource = Pick<
  FunctionCode,
  'ZipFile' | 'S3Bucket' | 'S3Key' | 'S3ObjectVersion' | 'ImageUri'
>;

/**
 * Puts the archive of a request into the code store, or names where the operator finds the code.
 * @throws LambdaError in AWS's words when there is no code, too much of it, or what is there cannot be unpacked
 */
export async function placeCode(source: CodeSource, call: ApiCall): Promise<PlacedCode> {
  const { ZipFile, S3Bucket, S3Key, S3ObjectVersion, ImageUri } = source;
  const others = [S3Bucket, S3Key, S3ObjectVersion, ImageUri].filter((each) => each !== undefined);
  if (ZipFile !== undefined) {
    if (others.length > 0) {
      throw invalid(
        'Please do not provide other FunctionCode parameters when providing a ZipFile.',
      );
    }
    return upload(ZipFile, call);
  }
  if (ImageUri !== undefined) {
    if (others.length > 1) {
      throw invalid(
        'Please do not provide other FunctionCode parameters when providing an ImageUri.',
      );
    }
    return { code: { image: { uri: ImageUri } }, codeSize: 0, codeSha256: undefined };
  }
  if (S3Bucket === undefined || S3Key === undefined) {
    throw invalid('Please provide a source for function code.');
  }
  const version = S3ObjectVersion === undefined ? {} : { versionId: S3ObjectVersion };
  const s3 = { bucket: S3Bucket, key: S3Key, ...version };
  return { code: { zip: { s3 } }, codeSize: undefined, codeSha256: undefined };
}

async function upload(archive: Uint8Array, { codeUploads, signal }: ApiCall): Promise<PlacedCode> {
  if (archive.byteLength === 0) throw invalid('Uploaded file must be a non-empty zip');
  if (archive.byteLength > LIMITS.maxUploadedCodeBytes) {
    throw new LambdaError(
      'RequestEntityTooLargeException',
      `Zipped size must be smaller than ${LIMITS.maxUploadedCodeBytes.toString()} bytes`,
    );
  }
  const uploaded = await codeUploads.put(archive, signal);
  if (uploaded.kind === 'refused') throw toUploadError(uploaded);
  const { codeSha256, codeSize } = uploaded;
  return { code: { zip: { store: codeSha256 } }, codeSize, codeSha256 };
}

function toUploadError({
  reason,
  message,
}: {
  readonly reason: string;
  readonly message: string;
}): LambdaError {
  if (reason === 'CodeTooLarge') {
    return invalid(
      `Unzipped size must be smaller than ${LIMITS.maxUnpackedCodeBytes.toString()} bytes`,
    );
  }
  const sentence =
    'Could not unzip uploaded file. Please check your file, then try to upload again.';
  // Lambda does not say why; our reasons help.
  return invalid(reason === 'InvalidZipFile' ? sentence : `${sentence} ${message}`);
}
