import { URL_CREATED_ANNOTATION, URL_MODIFIED_ANNOTATION } from '@mayfly/api';
import { aFunction, anAlias } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import type { ApiCall } from '../operation.ts';
import { applyUrlSettings, toUrlConfig, type Url } from './url-config.ts';

const URL_OF: Url = { authType: 'NONE', invokeMode: 'BUFFERED' };
// What a mapping reads of a call.
const CALL = {
  site: { namespace: 'default', region: 'eu-west-1', accountId: '000000000000' },
  urlDomain: 'example.com',
  baseUrl: 'http://127.0.0.1:8080',
} as unknown as ApiCall;

describe('a URL as the API says it', () => {
  it('has the times of its annotations, else the age of its object', ({ expect }) => {
    const creationTimestamp = '2026-01-01T00:00:00Z';
    const plain = aFunction({ metadata: { creationTimestamp } });
    expect(toUrlConfig(plain, URL_OF, CALL)).toMatchObject({
      CreationTime: '2026-01-01T00:00:00.000Z',
      LastModifiedTime: '2026-01-01T00:00:00.000Z',
    });
    const annotations = {
      [URL_CREATED_ANNOTATION]: '2026-01-02T00:00:00.000Z',
      [URL_MODIFIED_ANNOTATION]: '2026-01-03T00:00:00.000Z',
    };
    const made = aFunction({ metadata: { creationTimestamp, annotations } });
    expect(toUrlConfig(made, URL_OF, CALL)).toMatchObject({
      CreationTime: '2026-01-02T00:00:00.000Z',
      LastModifiedTime: '2026-01-03T00:00:00.000Z',
    });
  });

  it('is made of names until the operator has said it', ({ expect }) => {
    const alias = anAlias();
    expect(toUrlConfig(alias, URL_OF, CALL)).toMatchObject({
      FunctionUrl: expect.stringMatching(
        /^http:\/\/hello-live-\w+\.lambda-url\.eu-west-1\.example\.com:8080\/$/,
      ) as unknown,
      FunctionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:hello:live',
    });
    const told = anAlias({ status: { url: 'https://told.example.com/', conditions: [] } });
    expect(toUrlConfig(told, URL_OF, CALL).FunctionUrl).toBe('https://told.example.com/');
  });
});

describe('what a request says of a URL', () => {
  const cors = { allowCredentials: true, allowOrigins: ['*'] };

  it('leaves what it does not name', ({ expect }) => {
    const before: Url = { ...URL_OF, cors };
    expect(applyUrlSettings(before, {})).toEqual(before);
    expect(applyUrlSettings(before, { AuthType: 'AWS_IAM' })).toEqual({
      ...before,
      authType: 'AWS_IAM',
    });
  });

  it('replaces the cross-origin rules as a whole', ({ expect }) => {
    const asked = applyUrlSettings({ ...URL_OF, cors }, { Cors: { MaxAge: 5 } });
    expect(asked.cors).toEqual({ allowCredentials: false, maxAge: 5 });
    expect(toUrlConfig(aFunction(), asked, CALL).Cors).toEqual({ MaxAge: 5 });
  });

  it('takes the cross-origin rules back when it names none', ({ expect }) => {
    const asked = applyUrlSettings({ ...URL_OF, cors }, { Cors: {} });
    expect(asked).toEqual(URL_OF);
    expect(toUrlConfig(aFunction(), asked, CALL)).not.toHaveProperty('Cors');
  });

  it('is refused by name where it is not served', ({ expect }) => {
    expect(() => applyUrlSettings(URL_OF, { InvokeMode: 'RESPONSE_STREAM' })).toThrow(
      'InvokeMode RESPONSE_STREAM is not served by Mayfly',
    );
  });
});
