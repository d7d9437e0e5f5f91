import { z } from 'zod';

const ErrorPayload = z.object({
  errorType: z.string().optional(),
  errorMessage: z.string().optional(),
  stackTrace: z.array(z.string()).optional(),
  trace: z.array(z.string()).optional(),
});

/** Sentences about an error of a function, from what Lambda runtimes answer with. */
export function describeFunctionError(
  functionName: string,
  functionError: string,
  payload: Buffer,
): string {
  const error = ErrorPayload.safeParse(parseJson(payload)).data ?? {};
  const what = [error.errorType, error.errorMessage].filter((part) => part !== undefined);
  const title = `${functionName} failed (${functionError})${what.length > 0 ? ': ' : ''}${what.join(': ')}`;
  return [title, ...toTraceLines(error)].join('\n');
}

function toTraceLines({ trace, stackTrace }: z.infer<typeof ErrorPayload>): readonly string[] {
  // Node's trace repeats type and message as its first lines; Python's stackTrace does not.
  if (trace !== undefined) return trace.filter((line) => line.trimStart().startsWith('at '));
  return (stackTrace ?? []).map((line) => line.trimEnd());
}

function parseJson(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString());
  } catch {
    return undefined;
  }
}
