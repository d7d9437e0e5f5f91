import { describe, it } from 'vitest';
import { orPortTaken } from './port-taken.ts';

const SERVER = { flag: '--port', port: 8080 } as const;

describe('orPortTaken', () => {
  it('names the flag, however deep the cause is', async ({ expect }) => {
    const cause = Object.assign(new Error('listen EADDRINUSE'), { code: 'EADDRINUSE' });
    const failing = Promise.reject(new Error('starting the gateway', { cause }));

    await expect(orPortTaken(SERVER, failing)).rejects.toThrow(
      'port 8080 is taken: stop what listens there, or choose another with --port',
    );
  });

  it('leaves other errors and results alone', async ({ expect }) => {
    await expect(orPortTaken(SERVER, Promise.reject(new Error('other')))).rejects.toThrow('other');
    await expect(orPortTaken(SERVER, Promise.resolve('up'))).resolves.toBe('up');
  });
});
