import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'vitest';
import type { FunctionPlan, FunctionUnderTest, Target } from './function-under-test.ts';
import { probeOf, runtimesOf, TARGET, type Language, type Runtime } from './runtimes.ts';

const COMPATIBILITY = path.resolve(import.meta.dirname, '../../../../docs/compatibility.md');

/** What the probe's configuration says, in all runtimes. */
export const PROBE_VARIABLES = {
  OWN_KEY: 'spaces, "quotes", \'others\', $HOME, `ls` and =',
  TZ: 'Asia/Tokyo',
} as const;
/** Seconds. A start after a reset counts, too, with its share of the processor. */
export const PROBE_TIMEOUT = 3;
const MEMORY_MB: Readonly<Record<Language, number>> = {
  nodejs: 512,
  python: 512,
  java: 1769,
  bash: 512,
};

/** What a probe can be asked. */
export type Question =
  | 'variables'
  | 'directory'
  | 'read'
  | 'write'
  | 'count'
  | 'context'
  | 'print'
  | 'fail'
  | 'exit'
  | 'kill'
  | 'hang';

/** A function that answers questions. */
export interface Probe extends FunctionUnderTest {
  /** The answer; an error of the function fails the test. */
  ask(question: Question, details?: object): Promise<unknown>;
}

async function loadTarget(): Promise<Target> {
  // Only one of them: the other's world need not be there.
  switch (TARGET) {
    case 'cluster':
      return (await import('./cluster-target.ts')).clusterTarget;
    case 'embedded':
      return (await import('./embedded-target.ts')).embeddedTarget;
  }
}

/** The probe in a runtime; it may have run before. */
export async function useProbe(runtime: Runtime): Promise<Probe> {
  const target = await loadTarget();
  const probe = await target.useSharedFunction({
    runtime,
    ...probeOf(runtime.language),
    spec: () => ({
      timeout: PROBE_TIMEOUT,
      memorySize: memoryOf(runtime),
      environment: { variables: PROBE_VARIABLES },
    }),
  });
  const ask = async (question: Question, details: object = {}): Promise<unknown> => {
    const answer = await probe.invoke({ ask: question, ...details });
    if (answer.status !== 200 || answer.functionError !== undefined) {
      throw new Error(`${question} gave ${JSON.stringify(answer)}`);
    }
    return answer.payload;
  };
  return { ...probe, ask };
}

/** The probe's `memorySize`. */
export function memoryOf(runtime: Runtime): number {
  return MEMORY_MB[runtime.language];
}

/** A function that goes with the test. */
export async function useFunctionUnderTest(plan: FunctionPlan): Promise<FunctionUnderTest> {
  return (await loadTarget()).useFunction(plan);
}

/** A promise, tried on each runtime of this run's target. */
export function describePromise(
  title: string,
  body: (runtime: Runtime) => void,
  languages: readonly Language[] = [],
): void {
  describe.for(runtimesOf(...languages))(`${title}: $identifier on ${TARGET}`, body);
}

/**
 * A promise that the embedded mode does not give, by design: there, the test is that `docs/compatibility.md` has the
 * row.
 */
export function describeClusterPromise(
  title: string,
  { unlike, body }: { readonly unlike: string; readonly body: (runtime: Runtime) => void },
): void {
  if (TARGET === 'cluster') {
    describePromise(title, body);
    return;
  }
  it(`${title}: embedded it differs, as docs/compatibility.md says of “${unlike}”`, ({
    expect,
  }) => {
    const [, section = ''] = readFileSync(COMPATIBILITY, 'utf8').split(
      '## Where the embedded mode differs',
    );
    expect(section).toContain(`| ${unlike}`);
  });
}
