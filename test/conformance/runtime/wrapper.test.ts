import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'vitest';
import {
  useDirectory,
  usePlatform,
  type FunctionManifest,
  type Platform,
} from '../../helpers/platform.ts';
import { bash, nodejs, python, type SpecOverrides } from './functions.ts';

const NODEJS = 'export const handler = async () => process.env.WRAPPED_PROGRAM ?? null;';
const PYTHON =
  'import os\ndef lambda_handler(event, context):\n    return os.environ.get("WRAPPED_PROGRAM")\n';
const BASH = String.raw`printf '"%s"' "${'$'}{WRAPPED_PROGRAM:-none}"`;

const WRAPPER = `#!/usr/bin/env bash
export WRAPPED_PROGRAM="$1"
exec "$@"
`;

/** Starts a platform with a function whose wrapper is the given script; none is made of undefined. */
function usePlatformWithWrapper(
  script: string | undefined,
  makeFunction: (spec: SpecOverrides) => FunctionManifest,
): Promise<Platform> {
  const wrapper = path.join(useDirectory('wrapper-'), 'wrapper');
  if (script !== undefined) writeFileSync(wrapper, script, { mode: 0o755 });
  const spec = { environment: { variables: { AWS_LAMBDA_EXEC_WRAPPER: wrapper } } };
  return usePlatform({ functions: [makeFunction(spec)] });
}

describe('AWS_LAMBDA_EXEC_WRAPPER', () => {
  it.for([
    [/node/, (spec: SpecOverrides) => nodejs('wrapped', NODEJS, spec)],
    [/python/, (spec: SpecOverrides) => python('wrapped', PYTHON, spec)],
  ] as const)(
    'starts the wrapper with the program and its arguments: %s',
    async ([program, makeFunction], { expect }) => {
      const platform = await usePlatformWithWrapper(WRAPPER, makeFunction);
      expect((await platform.invoke('wrapped', {})).payload).toMatch(program);
    },
  );

  it('means nothing to an OS-only runtime', async ({ expect }) => {
    const platform = await usePlatformWithWrapper(WRAPPER, (spec) => bash('plain', BASH, spec));
    expect((await platform.invoke('plain', {})).payload).toBe('none');
  });

  it.for([
    ['one that ends', '#!/usr/bin/env bash\nexit 3\n'],
    ['a missing one', undefined],
  ] as const)(
    'fails the invocations when no runtime starts: %s',
    async ([, script], { expect }) => {
      const platform = await usePlatformWithWrapper(script, (spec) =>
        nodejs('broken', NODEJS, spec),
      );
      const { statusCode, functionError, payload } = await platform.invoke('broken', {});
      expect(statusCode).toBe(200);
      expect(functionError).toBe('Unhandled');
      expect(payload).toHaveProperty('errorType', expect.stringMatching(/^(Runtime|Extension)\./));
    },
  );
});
