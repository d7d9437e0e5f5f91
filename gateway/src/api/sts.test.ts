import { describe, it, onTestFinished } from 'vitest';
import { sendPlain, sendSigned, SIGNING_CLOCK } from '../identity/testing/send-signed.ts';
import { aContext, PRINCIPAL } from '../identity/testing/signed-by-aws.ts';
import { startGatewayBed, type GatewayBed } from '../testing/gateway-bed.ts';

const ASKED = {
  method: 'POST',
  path: '/',
  headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
  body: 'Action=GetCallerIdentity&Version=2011-06-15',
} as const;
const STS = { service: 'sts' } as const;

function useBed(isOpen = false): Promise<GatewayBed> {
  const { accessKeys } = aContext();
  return startGatewayBed({
    functions: [],
    ...(isOpen ? {} : { identity: { accessKeys } }),
    clock: SIGNING_CLOCK,
    onFinished: (cleanUp) => {
      onTestFinished(cleanUp);
    },
  });
}

describe('GetCallerIdentity', () => {
  it('says who has signed', async ({ expect }) => {
    const { gateway } = await useBed();
    const answer = await sendSigned(gateway.url, ASKED, STS);
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'text/xml' } });
    expect(answer.body).toContain(`<Arn>${PRINCIPAL.arn}</Arn>`);
    expect(answer.body).toContain('<Account>000000000000</Account>');
    expect(answer.body).toMatch(/<UserId>AIDA\w{17}<\/UserId>/);
  });

  it('is taken presigned too', async ({ expect }) => {
    const { gateway } = await useBed();
    const query = { Action: 'GetCallerIdentity', Version: '2011-06-15' };
    const options = { ...STS, presignedForSeconds: 60 };
    const answer = await sendSigned(gateway.url, { method: 'GET', path: '/', query }, options);
    expect(answer.body).toContain(`<Arn>${PRINCIPAL.arn}</Arn>`);
  });

  it('names the account where nobody is asked', async ({ expect }) => {
    const { gateway } = await useBed(true);
    const answer = await sendSigned(gateway.url, ASKED, STS);
    expect(answer.body).toContain('<Arn>arn:aws:iam::000000000000:root</Arn>');
  });

  it('is refused in the words of STS', async ({ expect }) => {
    const { gateway } = await useBed();
    const { method, path: url, body } = ASKED;
    const unsigned = await sendPlain(gateway.url, { method, url, body });
    expect(unsigned.status).toBe(403);
    expect(unsigned.body).toContain('<Code>MissingAuthenticationToken</Code>');
    const forLambda = await sendSigned(gateway.url, ASKED);
    expect(forLambda.status).toBe(403);
    expect(forLambda.body).toContain('<Code>SignatureDoesNotMatch</Code>');
    expect(forLambda.body).toContain("scoped to correct service: 'sts'");
  });

  it('is all there is of STS', async ({ expect }) => {
    const { gateway } = await useBed();
    const body = 'Action=AssumeRole&Version=2011-06-15';
    const answer = await sendSigned(gateway.url, { ...ASKED, body }, STS);
    expect(answer.status).toBe(400);
    expect(answer.body).toContain('<Code>InvalidAction</Code>');
    expect(answer.body).toContain('The action AssumeRole is not served by Mayfly');
  });
});
