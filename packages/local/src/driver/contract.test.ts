import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describeExecutionEnvironmentDriver } from '@mayfly/testkit';
import { SHELL_ECHO, startLocalWorld } from './driver-fixture.ts';

for (const spareAgents of [0, 2]) {
  describeExecutionEnvironmentDriver(
    `the process driver with ${spareAgents.toString()} spare agents`,
    async () => {
      const stateDir = await mkdtemp(path.join(tmpdir(), 'mayfly-driver-'));
      const { driver, anAssignment } = await startLocalWorld(stateDir, { spareAgents });
      return {
        driver,
        anEchoAssignment: (id) =>
          anAssignment(id, { runtime: 'provided.al2023', inline: SHELL_ECHO }),
        crashAgent: (id) => {
          const pid = driver.agentPid(id);
          if (pid === undefined) throw new Error(`${id} has no agent`);
          process.kill(pid, 'SIGKILL');
        },
        close: async () => {
          await driver.close();
          await rm(stateDir, { recursive: true });
        },
      };
    },
  );
}
