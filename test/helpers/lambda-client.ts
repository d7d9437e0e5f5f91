import { LambdaClient, type LambdaClientConfig } from '@aws-sdk/client-lambda';
import { onTestFinished } from 'vitest';

/** AWS's own client, pointed at a gateway; it goes with the test. It does not retry unless told to. */
export function useLambdaClient(
  gatewayUrl: string,
  overrides: LambdaClientConfig = {},
): LambdaClient {
  const client = new LambdaClient({
    endpoint: gatewayUrl,
    region: 'us-east-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    maxAttempts: 1,
    ...overrides,
  });
  onTestFinished(() => {
    client.destroy();
  });
  return client;
}
