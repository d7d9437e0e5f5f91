import { aPublishedVersion, anAlias } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { requestedBy } from '../concurrency-shares.ts';
import { arnOfHolder, toProvisionedConfig, toTime } from './provisioned-config.ts';

const SITE = { namespace: 'default', region: 'eu-west-1', accountId: '000000000000' };
const provisionedConcurrency = { provisionedConcurrentExecutions: 3 };

describe('provisioned concurrency as the API says it', () => {
  it('is on its way until the operator has said anything', ({ expect }) => {
    expect(toProvisionedConfig(anAlias({ spec: { provisionedConcurrency } }))).toMatchObject({
      RequestedProvisionedConcurrentExecutions: 3,
      AllocatedProvisionedConcurrentExecutions: 0,
      AvailableProvisionedConcurrentExecutions: 0,
      Status: 'IN_PROGRESS',
    });
  });

  it('is what the operator says, also of a schedule', ({ expect }) => {
    const status = {
      status: 'FAILED',
      statusReason: 'too many',
      requestedProvisionedConcurrentExecutions: 7,
      allocatedProvisionedConcurrentExecutions: 2,
      availableProvisionedConcurrentExecutions: 1,
      lastModified: '2026-01-02T03:04:05.678Z',
    } as const;
    const alias = anAlias({
      spec: { provisionedConcurrency },
      status: { provisionedConcurrency: status, conditions: [] },
    });
    expect(requestedBy(alias)).toBe(7);
    expect(toProvisionedConfig(alias)).toEqual({
      RequestedProvisionedConcurrentExecutions: 7,
      AllocatedProvisionedConcurrentExecutions: 2,
      AvailableProvisionedConcurrentExecutions: 1,
      Status: 'FAILED',
      StatusReason: 'too many',
      LastModified: '2026-01-02T03:04:05+0000',
    });
  });

  it('is none without a spec, whatever the status says', ({ expect }) => {
    expect(requestedBy(anAlias())).toBe(0);
    expect(requestedBy(aPublishedVersion(1))).toBe(0);
  });

  it('is named by version or alias', ({ expect }) => {
    expect(arnOfHolder(aPublishedVersion(4), SITE)).toMatch(/:function:hello:4$/);
    expect(arnOfHolder(anAlias(), SITE)).toMatch(/:function:hello:live$/);
    expect(toTime('2026-01-02T03:04:05Z')).toBe('2026-01-02T03:04:05+0000');
  });
});
