import { describe, it } from 'vitest';
import {
  COMPILED_CLIENT_TIMEOUT_MS,
  hasProgram,
  runGoClient,
  runJavaClient,
} from '../../helpers/compiled-clients.ts';
import { usePlatform } from '../../helpers/platform.ts';

const hasGo = await hasProgram('go');
const hasJava = (await hasProgram('java')) && (await hasProgram('mvn'));
const timeout = COMPILED_CLIENT_TIMEOUT_MS;

describe('an SDK that is compiled', () => {
  it.runIf(hasGo)('for Go manages and calls a function', { timeout }, async ({ expect }) => {
    const { gatewayUrl } = await usePlatform();
    expect(JSON.parse(await runGoClient(gatewayUrl))).toEqual({
      state: 'Pending',
      alias: 'arn:aws:lambda:us-east-1:000000000000:function:from-go:live',
      answer: '"Hello, Go"',
      executed: '1',
      versions: ['$LATEST', '1'],
      notFound: true,
    });
  });

  it.runIf(hasJava)('for Java manages and calls a function', { timeout }, async ({ expect }) => {
    const { gatewayUrl } = await usePlatform();
    expect((await runJavaClient(gatewayUrl)).trim().split('\n')).toEqual([
      'state Pending',
      'alias arn:aws:lambda:us-east-1:000000000000:function:from-java:live',
      'answer "Hello, Java"',
      'executed 1',
      'versions $LATEST,1',
      'notFound 404',
    ]);
  });
});
