import { describe, it } from 'vitest';
import type { ApiObject } from '../control-api/api-object.ts';
import { toColumns } from './printer-columns.ts';

const ALIAS = {
  apiVersion: 'mayfly.dev/v1alpha1',
  kind: 'Alias',
  metadata: { name: 'hello-live', namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { functionName: 'hello', name: 'live' },
  status: {
    url: 'http://live.test/',
    routing: { functionVersion: '1', additionalVersion: { version: '2', weight: 0.1 } },
    conditions: [{ type: 'Ready', status: 'True', reason: 'Routed' }],
  },
} as unknown as ApiObject;
const NOW = Date.parse('2026-01-01T00:00:05Z');

describe('the columns of a kind', () => {
  it('are those of kubectl get', ({ expect }) => {
    expect(toColumns('Alias', [ALIAS], { isWide: false, nowMs: NOW })).toEqual([
      ['NAME', 'FUNCTION', 'ALIAS', 'VERSION', 'ADDITIONAL', 'WEIGHT', 'READY', 'AGE'],
      ['hello-live', 'hello', 'live', '1', '2', '0.1', 'True', '5s'],
    ]);
  });

  it('are more when they are to be wide, and empty where nothing is known', ({ expect }) => {
    const { status: _status, ...young } = ALIAS as ApiObject & { status: unknown };
    const [header, row] = toColumns('Alias', [young], { isWide: true, nowMs: NOW });
    expect(header).toContain('REASON');
    expect(row).toEqual(['hello-live', 'hello', 'live', '', '', '', '', '', '', '5s']);
  });
});
