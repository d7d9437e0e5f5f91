import { eventually } from '@mayfly/testkit';
import {
  useDirectory,
  usePlatform,
  type FunctionManifest,
  type Platform,
} from '../../../helpers/platform.ts';
import {
  callFunction,
  type FunctionPlan,
  type FunctionUnderTest,
  type Target,
} from './function-under-test.ts';
import { writeFiles } from './write-files.ts';

const NAME = 'under-test';

/** The embedded platform: each test starts one, so nothing is shared. */
export const embeddedTarget: Target = { useFunction, useSharedFunction: useFunction };

async function useFunction(plan: FunctionPlan): Promise<FunctionUnderTest> {
  const folder = useDirectory('package-');
  writeFiles(folder, plan.files);
  const manifest: FunctionManifest = {
    name: NAME,
    spec: {
      runtime: plan.runtime.identifier,
      handler: plan.handler,
      code: { zip: { path: folder } },
      ...plan.spec?.(folder),
    },
  };
  const platform = await usePlatform({ functions: [manifest] });
  return {
    name: NAME,
    invoke: (event) => callFunction(platform.gatewayUrl, NAME, event),
    readLog: () => platform.logs(NAME),
    stop: (lastWords) => stop({ platform, manifest, lastWords }),
  };
}

interface Stop {
  readonly platform: Platform;
  readonly manifest: FunctionManifest;
  readonly lastWords: string | undefined;
}

/** Another revision takes the place of the one that runs. */
async function stop({ platform, manifest, lastWords }: Stop): Promise<void> {
  platform.apply({ ...manifest, spec: { ...manifest.spec, memorySize: 1024 } });
  if (lastWords === undefined) return;
  await eventually(async () => {
    const log = await platform.logs(NAME);
    if (!log.includes(lastWords)) throw new Error(`its log has no such line: ${log.join('\n')}`);
  });
}
