import { planArchive } from './archive-plan.ts';
import { DEFAULT_CODE_LIMITS, describeBytes, type CodeLimits } from './code-limits.ts';
import { asRefusal, openArchive } from './open-archive.ts';
import { orRefusal, RefusedCodeError, type CodeRefusal } from './refusal.ts';

/**
 * Says what keeps an archive from being unpacked, without unpacking it; undefined when nothing does. Sizes are
 * those that the archive states: they are checked again where it is unpacked.
 */
export async function checkZip(
  archive: Uint8Array,
  limits: CodeLimits = DEFAULT_CODE_LIMITS,
): Promise<CodeRefusal | undefined> {
  return orRefusal(async () => {
    const zip = await openArchive(archive);
    const plan = await asRefusal(() => planArchive(zip, limits));
    const statedBytes = plan.files.reduce((sum, { entry }) => sum + entry.uncompressedSize, 0);
    if (statedBytes <= limits.maxUnpackedBytes) return undefined;
    throw new RefusedCodeError(
      'CodeTooLarge',
      `The archive unpacks to more than ${describeBytes(limits.maxUnpackedBytes)}.`,
    );
  });
}
