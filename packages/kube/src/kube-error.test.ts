import { describe, it } from 'vitest';
import { isKubeError, KubeError, KubeUnreachableError, parseKubeError } from './kube-error.ts';

describe('parseKubeError', () => {
  it('takes reason and message of a Status', ({ expect }) => {
    const body = JSON.stringify({ kind: 'Status', reason: 'Conflict', message: 'changed' });
    expect(parseKubeError(409, body)).toMatchObject({
      name: 'KubeError',
      status: 409,
      reason: 'Conflict',
      message: 'changed',
    });
  });

  it.for([
    ['text of a proxy', '<html>Bad Gateway</html>', '<html>Bad Gateway</html>'],
    ['nothing', '', 'the API server answered 502'],
    ['JSON that is no object', '"away"', '"away"'],
    ['null', 'null', 'null'],
    ['members of other types', '{"reason":1,"message":{}}', '{"reason":1,"message":{}}'],
  ] as const)('makes do with %s', ([, body, message], { expect }) => {
    expect(parseKubeError(502, body)).toMatchObject({ status: 502, reason: '', message });
  });

  it('keeps no more than the beginning of a long text', ({ expect }) => {
    expect(parseKubeError(500, 'x'.repeat(1_000_000)).message).toHaveLength(2000);
  });
});

describe('isKubeError', () => {
  it('tells by name and status', ({ expect }) => {
    const error = new KubeError(410, 'Expired', 'too old');
    expect([isKubeError(error, 410), isKubeError(error, 404)]).toEqual([true, false]);
    const copy = Object.assign(new Error('too old'), { name: 'KubeError', status: 410 });
    expect(isKubeError(copy, 410)).toBe(true);
  });

  it.for([new Error('x'), new KubeUnreachableError('x'), undefined, null, { status: 410 }])(
    'is false for %s',
    (error, { expect }) => {
      expect(isKubeError(error, 410)).toBe(false);
    },
  );
});
