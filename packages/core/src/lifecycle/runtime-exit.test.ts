import { describe, it } from 'vitest';
import { describeRuntimeExit } from './runtime-exit.ts';

describe('describeRuntimeExit', () => {
  it.for([
    [{ exitCode: 0, signal: undefined }, 'Runtime exited without providing a reason'],
    [{ exitCode: undefined, signal: undefined }, 'Runtime exited without providing a reason'],
    [{ exitCode: 1, signal: undefined }, 'Runtime exited with error: exit status 1'],
    [{ exitCode: undefined, signal: 'SIGKILL' }, 'Runtime exited with error: signal: killed'],
    [
      { exitCode: undefined, signal: 'SIGSEGV' },
      'Runtime exited with error: signal: segmentation fault',
    ],
    [{ exitCode: undefined, signal: 'SIGXCPU' }, 'Runtime exited with error: signal: SIGXCPU'],
  ] as const)('says of %o: %s', ([exit, text], { expect }) => {
    expect(describeRuntimeExit(exit)).toBe(text);
  });
});
