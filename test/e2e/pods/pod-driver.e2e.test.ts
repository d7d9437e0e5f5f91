import { describeExecutionEnvironmentDriver, type DriverUnderTest } from '@mayfly/testkit';
import { anEchoAssignment, makeEchoArchive } from './echo-function.ts';
import { kubectl, makeNamespace, startPodBed } from './pod-bed.ts';

async function make(): Promise<DriverUnderTest> {
  const { namespace, uid } = makeNamespace();
  const archive = await makeEchoArchive();
  const bed = await startPodBed({
    namespace,
    archive,
  });
  const driver = bed.build();
  await driver.find();
  const owner = { name: 'fixture', uid };
  return {
    driver,
    namespace,
    owner,
    restart: () => Promise.resolve(bed.build()),
    anEchoAssignment: (id) => Promise.resolve(anEchoAssignment(id, archive, { owner, namespace })),
    // The agent is process 1 of its container: it dies with what ends it from outside.
    crashAgent: (id) => {
      const selector = `mayfly.dev/execution-environment=${id}`;
      kubectl('delete', 'pod', '-n', namespace, '-l', selector, '--grace-period=0', '--force');
    },
    close: () => bed.close(),
  };
}

describeExecutionEnvironmentDriver('the pod driver', make);
