/** The manifest an object was made from, relative to its folder. Says that the folder may delete the object. */
export const SOURCE_ANNOTATION = 'mayfly.dev/source';
/** The folder of that manifest: another folder must not delete the object. */
export const SOURCE_DIRECTORY_ANNOTATION = 'mayfly.dev/source-directory';
/** Changes with the files under `code.zip.path`, so that the Function is reconciled. */
export const CODE_DIGEST_ANNOTATION = 'mayfly.dev/code-digest';
