import type { AliasStatus } from '@mayfly/api';
import { anAlias } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { aliasRevisionIdOf, toAliasConfiguration, toRoutingConfig } from './alias-configuration.ts';

const SITE = { namespace: 'default', region: 'eu-west-1', accountId: '000000000000' };
function settled(revisionId: string): AliasStatus {
  return { revisionId, observedGeneration: 1, conditions: [] };
}

describe('an alias as the API says it', () => {
  it('has what its spec asks for, and no routing where there is none', ({ expect }) => {
    const alias = anAlias({ status: settled('r1') });
    expect(toAliasConfiguration(alias, SITE)).toEqual({
      AliasArn: 'arn:aws:lambda:eu-west-1:000000000000:function:hello:live',
      Name: 'live',
      FunctionVersion: alias.spec.functionVersion,
      Description: '',
      RevisionId: 'r1',
    });
    const emptied = anAlias({ spec: { routingConfig: { additionalVersionWeights: {} } } });
    expect(toAliasConfiguration(emptied, SITE)).not.toHaveProperty('RoutingConfig');
  });

  it('has its weights', ({ expect }) => {
    const alias = anAlias({ spec: { routingConfig: { additionalVersionWeights: { 2: 0.1 } } } });
    expect(toAliasConfiguration(alias, SITE)).toMatchObject({
      RoutingConfig: { AdditionalVersionWeights: { 2: 0.1 } },
    });
  });

  it('has another RevisionId until the operator has seen its last change', ({ expect }) => {
    const before = anAlias({ status: settled('r1') });
    const changed = anAlias({ metadata: { generation: 2 }, status: settled('r1') });
    expect(aliasRevisionIdOf(before)).toBe('r1');
    expect(aliasRevisionIdOf(changed)).toMatch(/^[0-9a-f]{8}-/);
    expect(aliasRevisionIdOf(changed)).toBe(aliasRevisionIdOf(changed));
  });
});

describe('the routing of a request', () => {
  it('is none when it names no version', ({ expect }) => {
    for (const request of [undefined, {}, { AdditionalVersionWeights: {} }]) {
      expect(toRoutingConfig(request)).toBeUndefined();
    }
    expect(toRoutingConfig({ AdditionalVersionWeights: { 3: 0.5 } })).toEqual({
      additionalVersionWeights: { 3: 0.5 },
    });
  });
});
