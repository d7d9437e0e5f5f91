export { DEFAULT_CODE_LIMITS, type CodeLimits } from './code-limits.ts';
export { unpackZip } from './unpack-zip.ts';
