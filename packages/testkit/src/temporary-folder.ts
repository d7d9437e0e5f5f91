import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder of this test alone, removed after it. */
export async function useTemporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'mayfly-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}
