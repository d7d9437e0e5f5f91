import { describe, it } from 'vitest';
import { findMarker, pickTree, scanProcesses, type ScannedProcess } from './process-scan.ts';

/** `pid, parent, session`. */
const aProcess = (
  ...[[pid, parentPid, sessionId], marker]: [readonly [number, number, number], string?]
): ScannedProcess => ({ pid, parentPid, sessionId, marker });

describe('finding the marker', () => {
  it.for([
    ['MAYFLY_EXECUTION_ENVIRONMENT_ID=a\0', 'a'],
    ['PATH=/bin\0MAYFLY_EXECUTION_ENVIRONMENT_ID=a-b\0X=1\0', 'a-b'],
    ['MAYFLY_EXECUTION_ENVIRONMENT_ID=cut', 'cut'],
    ['X=MAYFLY_EXECUTION_ENVIRONMENT_ID=a\0', undefined],
    ['X_MAYFLY_EXECUTION_ENVIRONMENT_ID=no\0MAYFLY_EXECUTION_ENVIRONMENT_ID=yes\0', 'yes'],
    ['', undefined],
  ] as const)('in %j', ([block, marker], { expect }) => {
    expect(findMarker(Buffer.from(block))).toBe(marker);
  });
});

describe('picking a tree', () => {
  it('takes marked ones, their sessions and all descendants, and nothing else', ({ expect }) => {
    const all = [
      aProcess([1, 0, 1]),
      aProcess([50, 1, 50]),
      aProcess([100, 50, 100], 'mine'),
      aProcess([101, 100, 101], 'mine'),
      aProcess([102, 101, 101]),
      aProcess([103, 1, 101]),
      aProcess([104, 102, 104]),
      aProcess([105, 104, 105]),
      aProcess([200, 50, 200], 'other'),
      aProcess([201, 200, 200]),
    ];
    const pids = pickTree(all, new Set(['mine'])).map(({ pid }) => pid);
    expect(pids).toEqual([100, 101, 102, 103, 104, 105]);
    expect(pickTree(all, new Set(['nobody']))).toEqual([]);
  });
});

describe.runIf(process.platform === 'linux')('scanning', () => {
  it('sees this process and its parent', async ({ expect }) => {
    const self = (await scanProcesses()).find(({ pid }) => pid === process.pid);
    expect(self?.parentPid).toBe(process.ppid);
  });
});
