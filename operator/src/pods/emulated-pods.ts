import { connect } from 'node:net';
import type {
  AssignRequest,
  Clock,
  ExecutionEnvironmentAddress,
  ExecutionEnvironmentProbe,
} from '@mayfly/core';
import type { EmulatorVariables } from '@mayfly/manifests';

const RETRY_MS = 50;
const CONNECT_DEADLINE_MS = 2_000;

/** What the Runtime Interface Emulator and the function under it find in their variables. */
export function makeEmulatorVariables({
  functionName,
  version,
  region,
  memorySizeMb,
  timeoutMs,
  environmentVariables,
  logGroup,
  configuration,
}: AssignRequest): EmulatorVariables {
  return {
    from: configuration.environment?.from ?? [],
    variables: {
      ...environmentVariables,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_LAMBDA_FUNCTION_NAME: functionName,
      AWS_LAMBDA_FUNCTION_VERSION: version,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: memorySizeMb.toString(),
      AWS_LAMBDA_FUNCTION_TIMEOUT: (timeoutMs / 1000).toString(),
      AWS_LAMBDA_LOG_GROUP_NAME: logGroup ?? `/aws/lambda/${functionName}`,
    },
  };
}

/** Calls back once somebody listens at `host:port`: an emulator announces nothing. Tries again until `isOver`. */
export async function awaitListener(
  address: string,
  { clock, isOver }: { readonly clock: Clock; readonly isOver: () => boolean },
  onListening: () => void,
): Promise<void> {
  const isThere = await isListening(address);
  if (isOver()) return;
  if (isThere) onListening();
  else clock.after(RETRY_MS, () => void awaitListener(address, { clock, isOver }, onListening));
}

/** One that listens serves: of what it runs it says nothing. */
export async function probeEmulator(
  reach: ExecutionEnvironmentAddress,
): Promise<ExecutionEnvironmentProbe> {
  if (await isListening(reach.address)) return { kind: 'idle', ...reach };
  return { kind: 'unusable', message: 'its emulator does not answer' };
}

/** Whether a connection to `host:port` can be made. */
function isListening(address: string): Promise<boolean> {
  const { hostname, port } = new URL(`http://${address}`);
  const host = hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port), timeout: CONNECT_DEADLINE_MS });
    const end = (isThere: boolean): void => {
      socket.destroy();
      resolve(isThere);
    };
    socket.on('connect', () => {
      end(true);
    });
    for (const event of ['timeout', 'error']) {
      socket.on(event, () => {
        end(false);
      });
    }
  });
}
