import { describe, it } from 'vitest';
import { AccessKeySecrets, type AccessKeySecret } from './access-key-secrets.ts';

const DATA = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' } as const;
const ANNOTATIONS = { 'mayfly.dev/service-account': 'alice' } as const;

function aSecret({
  data = DATA,
  annotations = ANNOTATIONS,
  creationTimestamp = '2026-01-01T00:00:00Z',
}: {
  readonly data?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly creationTimestamp?: string;
} = {}): AccessKeySecret {
  const bytes = Object.entries(data).map(([name, value]) => [name, Buffer.from(value)] as const);
  return { data: Object.fromEntries(bytes), annotations, creationTimestamp };
}

function makeKeys() {
  const unreadable: string[] = [];
  const keys = new AccessKeySecrets({
    namespace: 'team-a',
    accountId: '000000000000',
    onUnreadable: (name, problems) => unreadable.push(`${name}: ${problems.join('; ')}`),
  });
  return { keys, unreadable };
}

describe('AccessKeySecrets', () => {
  it('gives a key the ServiceAccount that its Secret names', ({ expect }) => {
    const { keys } = makeKeys();
    keys.apply('key', aSecret());
    expect(keys.find('AKIDEXAMPLE')).toEqual({
      secretAccessKey: 'secret',
      principal: {
        arn: 'arn:aws:iam::000000000000:user/team-a/alice',
        accountId: '000000000000',
        serviceAccount: { namespace: 'team-a', name: 'alice' },
      },
    });
    expect(keys.find('AKIDEXAMPLE')).toBe(keys.find('AKIDEXAMPLE'));
    expect(keys.find('OTHER')).toBeUndefined();
  });

  it('knows session tokens, and keys of other accounts', ({ expect }) => {
    const { keys } = makeKeys();
    const annotations = { ...ANNOTATIONS, 'mayfly.dev/account-id': '111111111111' };
    keys.apply('key', aSecret({ data: { ...DATA, sessionToken: 't' }, annotations }));
    expect(keys.find('AKIDEXAMPLE')).toMatchObject({
      sessionToken: 't',
      principal: { arn: 'arn:aws:iam::111111111111:user/team-a/alice', accountId: '111111111111' },
    });
  });

  it('follows changes', ({ expect }) => {
    const { keys } = makeKeys();
    keys.apply('key', aSecret());
    keys.apply('key', aSecret({ data: { ...DATA, accessKeyId: 'OTHER' } }));
    expect(keys.find('AKIDEXAMPLE')).toBeUndefined();
    expect(keys.find('OTHER')).toBeDefined();
    keys.apply('key', undefined);
    expect(keys.find('OTHER')).toBeUndefined();
  });

  it('leaves an id to the oldest Secret that says it', ({ expect }) => {
    const { keys } = makeKeys();
    const young = { data: { ...DATA, secretAccessKey: 'young' } };
    keys.apply('a', aSecret({ ...young, creationTimestamp: '2026-02-01T00:00:00Z' }));
    keys.apply('b', aSecret());
    expect(keys.find('AKIDEXAMPLE')?.secretAccessKey).toBe('secret');
    keys.apply('b', undefined);
    expect(keys.find('AKIDEXAMPLE')?.secretAccessKey).toBe('young');
  });

  it('says what is wrong with a Secret, and never what is in it', ({ expect }) => {
    const { keys, unreadable } = makeKeys();
    keys.apply('key', aSecret());
    const data = { accessKeyId: 'hush hush', secretAccessKey: '' };
    keys.apply('key', aSecret({ data, annotations: { 'mayfly.dev/account-id': 'x' } }));
    expect(keys.find('AKIDEXAMPLE')).toBeUndefined();
    expect(unreadable).toEqual([
      'key: accessKeyId must be 1 to 128 letters and digits; secretAccessKey must not be empty; ' +
        'mayfly.dev/service-account must name a ServiceAccount of the same namespace; ' +
        'mayfly.dev/account-id must have 12 digits',
    ]);
  });
});
