const OPERATIONS = {
  echo: (event) => event,
  environment: () => process.env,
  error: () => {
    throw new Error('deliberate');
  },
  timeout: () => new Promise((resolve) => setTimeout(resolve, 60_000)),
  big: (event) => 'x'.repeat(event.bytes),
  context: (_event, context) => ({
    name: context.functionName,
    version: context.functionVersion,
    memory: Number(context.memoryLimitInMB),
    arn: context.invokedFunctionArn,
    requestId: context.awsRequestId,
    remainingMs: context.getRemainingTimeInMillis(),
  }),
};

exports.handler = async (event, context) => OPERATIONS[event.op](event, context);
