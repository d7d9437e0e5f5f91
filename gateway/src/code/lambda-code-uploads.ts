import { isCodeStoreUnavailable, type CodeUploads, type ReadableArchive } from '@mayfly/core';
import { LambdaError } from '@mayfly/lambda-api';

/** The same uploads; when nobody leads who has the code store, what is thrown is an error of the API. */
export function toLambdaCodeUploads(uploads: CodeUploads): CodeUploads {
  return {
    put: (archive, signal) => uploads.put(archive, signal).catch(rethrow),
    open: async (codeSha256, signal) => {
      const archive = await uploads.open(codeSha256, signal).catch(rethrow);
      return archive && { codeSize: archive.codeSize, read: (...args) => read(archive, args) };
    },
  };
}

async function* read(
  archive: ReadableArchive,
  args: Parameters<ReadableArchive['read']>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* archive.read(...args);
  } catch (error) {
    rethrow(error);
  }
}

function rethrow(error: unknown): never {
  if (!isCodeStoreUnavailable(error)) throw error;
  throw new LambdaError(
    'ServiceUnavailableException',
    'The code store cannot be reached at the moment. Try again.',
    { cause: error, retryAfterSeconds: 1 },
  );
}
