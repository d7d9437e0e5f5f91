import { statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'vitest';
import { useDirectory } from '../testing/use-platform.ts';
import { ensureAccessKeys } from './access-keys.ts';

const SITE = { accountId: '000000000000', region: 'eu-west-1' };

describe('the access keys of a state directory', () => {
  it('are made once, for their owner alone', async ({ expect }) => {
    const directory = await useDirectory();
    const made = ensureAccessKeys(directory, SITE);
    expect(made.isNew).toBe(true);
    expect(made.first.accessKeyId).toMatch(/^AKIA[A-Z2-7]{16}$/);
    expect(made.first.secretAccessKey).toHaveLength(40);
    expect(made.first.region).toBe('eu-west-1');
    expect(statSync(made.path).mode & 0o777).toBe(0o600);
    expect(made.accessKeys.find(made.first.accessKeyId)).toMatchObject({
      secretAccessKey: made.first.secretAccessKey,
      principal: { arn: 'arn:aws:iam::000000000000:user/local', accountId: '000000000000' },
    });
    const again = ensureAccessKeys(directory, SITE);
    expect([again.isNew, again.first]).toEqual([false, made.first]);
  });

  it('are closed to others when somebody has opened them', async ({ expect }) => {
    const directory = await useDirectory();
    const file = path.join(directory, 'access-keys.json');
    const key = { accessKeyId: 'A', secretAccessKey: 's', userName: 'eve' };
    writeFileSync(file, JSON.stringify([{ ...key, accountId: '111111111111' }]), { mode: 0o644 });
    const { accessKeys } = ensureAccessKeys(directory, SITE);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(accessKeys.find('A')?.principal.arn).toBe('arn:aws:iam::111111111111:user/eve');
  });

  it.for(['no json', '[]', '[{"accessKeyId":"A"}]'])(
    'stop the start when they are wrong: %s',
    async (content, { expect }) => {
      const directory = await useDirectory();
      writeFileSync(path.join(directory, 'access-keys.json'), content);
      expect(() => ensureAccessKeys(directory, SITE)).toThrow('reading access keys');
    },
  );
});
