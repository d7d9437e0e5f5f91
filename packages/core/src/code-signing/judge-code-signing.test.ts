import { aCodeSigningConfig } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { codeSigningConfigArnOf, codeSigningConfigIdOf } from './code-signing-config-id.ts';
import { judgeCodeSigning, type CodeSigningFacts } from './judge-code-signing.ts';

const account = { region: 'us-east-1', accountId: '000000000000' };
const warning = aCodeSigningConfig();
const arn = codeSigningConfigArnOf(warning, account);
const enforcing = aCodeSigningConfig({
  spec: { policies: { untrustedArtifactOnDeployment: 'Enforce' } },
});
const archives = { codeSha256: 'sha-new', layers: [{ codeSha256: 'sha-layer' }] };
const layer = { arn: 'a', codeSha256: 'sha-layer', codeSize: 1 };

function facts(overrides: Partial<CodeSigningFacts> = {}): CodeSigningFacts {
  return { arn, find: () => enforcing, isKnown: true, served: undefined, ...overrides };
}

describe('judgeCodeSigning', () => {
  it('asks nothing of a function without a config', ({ expect }) => {
    expect(judgeCodeSigning(archives, facts({ arn: undefined }))).toEqual({ kind: 'unasked' });
  });

  it('serves new code where the config warns, and says that it is not signed', ({ expect }) => {
    expect(judgeCodeSigning(archives, facts({ find: () => warning }))).toEqual({
      kind: 'unsigned',
      reason: 'CodeNotSigned',
      message: `The code sha-new is not known to be signed as ${arn} asks. It is served.`,
    });
  });

  it.for<[string, CodeSigningFacts['served']]>([
    ['the first code', undefined],
    ['other code', { codeSha256: 'sha-old', layers: [layer] }],
    ['a layer more', { codeSha256: 'sha-new' }],
  ])('refuses %s where the config enforces', ([, served], { expect }) => {
    expect(judgeCodeSigning(archives, facts({ served }))).toMatchObject({
      kind: 'refused',
      reason: 'CodeVerificationFailed',
    });
  });

  it('lets go on what was deployed before, and fewer layers', ({ expect }) => {
    const served = { codeSha256: 'sha-new', layers: [layer] };
    const unsigned = { kind: 'unsigned', reason: 'CodeNotSigned' };
    expect(judgeCodeSigning(archives, facts({ served }))).toMatchObject(unsigned);
    const { codeSha256 } = archives;
    expect(judgeCodeSigning({ codeSha256 }, facts({ served }))).toMatchObject(unsigned);
  });

  it('refuses all when the config is not there, and waits until configs are known', ({
    expect,
  }) => {
    const find = (): undefined => undefined;
    const served = { codeSha256: 'sha-new', layers: [layer] };
    expect(judgeCodeSigning(archives, facts({ find, served }))).toMatchObject({
      kind: 'refused',
      reason: 'CodeSigningConfigNotFound',
    });
    expect(judgeCodeSigning(archives, facts({ find, isKnown: false }))).toMatchObject({
      kind: 'pending',
      reason: 'CodeSigningConfigPending',
    });
  });
});

describe('codeSigningConfigIdOf', () => {
  const idOf = (name: string): string => codeSigningConfigIdOf({ metadata: { name } });

  it('is the name where that is an id', ({ expect }) => {
    expect(idOf('csc-0123456789abcdef0')).toBe('csc-0123456789abcdef0');
  });

  it('is made of any other name, each its own', ({ expect }) => {
    expect(idOf('signed')).toMatch(/^csc-[0-9a-f]{17}$/);
    expect(idOf('signed')).toBe(idOf('signed'));
    expect(idOf('signed')).not.toBe(idOf('csc-0123456789abcdef'));
  });
});

describe('codeSigningConfigArnOf', () => {
  it('names region, account and id', ({ expect }) => {
    const config = { metadata: { name: 'csc-0123456789abcdef0' } };
    expect(codeSigningConfigArnOf(config, account)).toBe(
      'arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-0123456789abcdef0',
    );
  });
});
