import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { aCreateRequest, AnnouncementLog, eventually, useTemporaryFolder } from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import { SHELL_ECHO, startLocalWorld, type LocalWorld } from './driver-fixture.ts';
import { MARKER, scanProcesses } from './process-scan.ts';

const PLATFORM = fileURLToPath(new URL('platform-fixture.ts', import.meta.url));
// Processes that try to get away: their own sessions, one without any variable, all deaf to SIGTERM.
const RUNAWAYS = `
trap "" TERM
setsid sleep 987 &
(setsid sh -c 'echo $$ > "$TMPDIR/session"; sleep 988') &
env -i sh -c 'trap "" TERM; sleep 989; true' &
sh -c 'trap "" TERM; while :; do sleep 0.1; done' &
while ! [ -s "$TMPDIR/session" ]; do sleep 0.01; done
`;
const isLinux = process.platform === 'linux';

async function useWorld(stateDir: string): Promise<LocalWorld> {
  const world = await startLocalWorld(stateDir);
  onTestFinished(() => world.driver.close());
  return world;
}

/** Everything that runs for the state directory: by marker, or by its command line. */
async function findSurvivors(stateDir: string): Promise<string[]> {
  const survivors: string[] = [];
  for (const { pid, marker } of await scanProcesses()) {
    const commandLine = await readFile(`/proc/${pid.toString()}/cmdline`, 'utf8').catch(() => '');
    const cwd = await readFile(`/proc/${pid.toString()}/environ`, 'utf8').catch(() => '');
    const isRunaway = /^sleep\0(987|988|989)\0/.test(commandLine);
    if (isRunaway || (marker !== undefined && cwd.includes(stateDir))) survivors.push(commandLine);
  }
  return survivors;
}

describe.runIf(isLinux)('destroying', () => {
  it('ends everything that the function has started', async ({ expect }) => {
    const stateDir = await useTemporaryFolder();
    const { driver, anAssignment } = await useWorld(stateDir);
    const announcements = new AnnouncementLog(driver);
    await driver.create(aCreateRequest('ee-wild'));
    await announcements.waitFor('waiting', 'ee-wild');
    await driver.assign(
      await anAssignment('ee-wild', {
        runtime: 'provided.al2023',
        inline: SHELL_ECHO,
        environmentVariables: { INIT_COMMAND: RUNAWAYS },
      }),
    );
    await announcements.waitFor('ready', 'ee-wild');
    expect((await findSurvivors(stateDir)).length).toBeGreaterThan(4);
    await driver.destroy('ee-wild');
    expect(await findSurvivors(stateDir)).toEqual([]);
    expect(await readdir(path.join(stateDir, 'environments'))).toEqual([]);
  });
});

describe.runIf(isLinux)('after the platform was killed', () => {
  it.for([
    ['the agents end by themselves', false],
    ['the next start ends agents that hang', true],
  ] as const)('%s', async ([, hangs], { expect }) => {
    const stateDir = await useTemporaryFolder();
    const platform = spawn(process.execPath, [PLATFORM, stateDir, RUNAWAYS], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void platform.kill('SIGKILL'));
    const [line] = (await once(platform.stdout, 'data')) as [Buffer];
    const agentPid = Number(line.toString().replace('ready ', ''));
    if (hangs) process.kill(agentPid, 'SIGSTOP');
    platform.kill('SIGKILL');
    await once(platform, 'exit');
    if (hangs) {
      expect((await findSurvivors(stateDir)).length).toBeGreaterThan(4);
      await useWorld(stateDir);
      expect(await readdir(path.join(stateDir, 'environments'))).toEqual([]);
    }
    await eventually(async () => {
      expect(await findSurvivors(stateDir)).toEqual([]);
    });
  });

  it('hits no process that it has not started', async ({ expect }) => {
    const stateDir = await useTemporaryFolder();
    await mkdir(path.join(stateDir, 'environments', 'ee-1'), { recursive: true });
    const innocent = spawn('sleep', ['60'], {
      stdio: 'ignore',
      env: { [MARKER]: 'ee-10', OTHER: `x${MARKER}=ee-1` },
    });
    onTestFinished(() => void innocent.kill('SIGKILL'));
    await once(innocent, 'spawn');
    await useWorld(stateDir);
    await expect(access(path.join(stateDir, 'environments', 'ee-1'))).rejects.toThrow();
    expect(innocent.exitCode ?? innocent.signalCode).toBeNull();
  });
});
