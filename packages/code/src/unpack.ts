export { DEFAULT_CODE_LIMITS, type CodeLimits } from './code-limits.ts';
export { mergeFolder } from './merge-folder.ts';
export { unpackZip } from './unpack-zip.ts';
