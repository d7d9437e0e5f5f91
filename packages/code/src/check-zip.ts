import { planArchive } from './archive-plan.ts';
import { DEFAULT_CODE_LIMITS, type CodeLimits } from './code-limits.ts';
import { asRefusal, openArchive } from './open-archive.ts';
import { orRefusal, type CodeRefusal } from './refusal.ts';

/**
 * Says what keeps an archive from being unpacked, without unpacking it; undefined when nothing does. Sizes are
 * those that the archive states: they are checked again where it is unpacked.
 */
export async function checkZip(
  archive: Uint8Array | { readonly path: string },
  limits: CodeLimits = DEFAULT_CODE_LIMITS,
): Promise<CodeRefusal | undefined> {
  return orRefusal(async () => {
    const zip = await openArchive(archive);
    try {
      await asRefusal(() => planArchive(zip, limits));
      return undefined;
    } finally {
      zip.close();
    }
  });
}
