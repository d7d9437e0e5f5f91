import { describe, it } from 'vitest';
import { useDirectory, usePlatform } from '../../helpers/platform.ts';
import { ensurePythonClients, runAwsScript } from '../../helpers/python-clients.ts';
import { readReadmeSession, SESSION_ANSWERS } from '../../helpers/readme-session.ts';

describe('the session of the README', () => {
  it('works as printed', { timeout: 300_000 }, async ({ expect }) => {
    await ensurePythonClients();
    const { gatewayUrl } = await usePlatform();
    const script = readReadmeSession(gatewayUrl);
    const { exitCode, stdout, stderr } = await runAwsScript(script, { directory: useDirectory() });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const answers = stdout.match(/"?(?:Hi|Hello) \w+!"?/g);
    expect(answers).toEqual(SESSION_ANSWERS);
  });
});
