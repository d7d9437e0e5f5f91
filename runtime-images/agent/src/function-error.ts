/** The body that a caller gets for an invocation that the platform failed: members in Lambda's order. */
export function makeFunctionError(errorType: string, errorMessage: string): Buffer {
  return Buffer.from(JSON.stringify({ errorType, errorMessage }));
}

/** Lambda's sentence form for failures of an execution environment. */
export function describeFailure(requestId: string, reason: string): string {
  return `RequestId: ${requestId} Error: ${reason}`;
}
