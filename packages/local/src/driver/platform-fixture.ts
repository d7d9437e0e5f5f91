import { aCreateRequest } from '@mayfly/testkit';
// A platform that a test kills: starts a driver and one execution environment, then waits for ever.
import type { Announcement } from '@mayfly/core';
import { SHELL_ECHO, startLocalWorld } from './driver-fixture.ts';

const [stateDir, initCommand] = process.argv.slice(2);
if (stateDir === undefined || initCommand === undefined) throw new Error('two arguments');
const world = await startLocalWorld(stateDir, { spareAgents: 1 });
const waitFor = (kind: Announcement['kind']): Promise<void> =>
  new Promise((resolve) => {
    world.driver.onAnnouncement((announcement) => {
      if (announcement.kind === kind) resolve();
    });
  });

const [waiting, ready] = [waitFor('waiting'), waitFor('ready')];
const executionEnvironmentId = 'ee-killed';
const runtime = 'provided.al2023';
await world.driver.create(aCreateRequest(executionEnvironmentId));
await waiting;
const environmentVariables = { INIT_COMMAND: initCommand };
await world.driver.assign(
  await world.anAssignment(executionEnvironmentId, {
    runtime,
    inline: SHELL_ECHO,
    environmentVariables,
  }),
);
await ready;
process.stdout.write(`ready ${String(world.driver.agentPid(executionEnvironmentId))}\n`);
setInterval(() => undefined, 60_000);
