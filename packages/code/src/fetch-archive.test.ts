import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { describe, it, onTestFinished } from 'vitest';
import { fetchArchive, type FetchOptions } from './fetch-archive.ts';
import { orRefusal } from './refusal.ts';

const OPTIONS: FetchOptions = { maxBytes: 1000, allowLoopback: true };

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server for one test; gives its origin. */
async function useServer(answer: Answer): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port.toString()}`;
}

function redirectTo(location: string): Answer {
  return (_request, response) => {
    response.writeHead(302, { location }).end();
  };
}

function answerWith(status: number, body: string | Buffer = ''): Answer {
  return (_request, response) => {
    response.writeHead(status).end(body);
  };
}

function fetchWhole(
  url: string,
  options: FetchOptions = OPTIONS,
  signal?: AbortSignal,
): Promise<Buffer> {
  return buffer(fetchArchive(url, options, signal));
}

function fetchOrRefusal(url: string, options: FetchOptions = OPTIONS): Promise<unknown> {
  return orRefusal(() => fetchWhole(url, options));
}

describe('fetchArchive', () => {
  it('gives the bytes', async ({ expect }) => {
    const body = Buffer.alloc(1000, 'x');
    const origin = await useServer(answerWith(200, body));
    expect(await fetchWhole(`${origin}/a.zip`, OPTIONS)).toEqual(body);
  });

  it('follows three redirects, also relative ones, and no fourth', async ({ expect }) => {
    const origin = await useServer((request, response) => {
      const left = Number(request.url?.slice(1));
      if (left > 0) response.writeHead(307, { location: (left - 1).toString() }).end();
      else response.end('there');
    });
    expect((await fetchWhole(`${origin}/3`, OPTIONS)).toString()).toBe('there');
    expect(await fetchOrRefusal(`${origin}/4`)).toEqual({
      kind: 'refused',
      reason: 'CodeNotFound',
      message: `${origin}/4 redirects more than 3 times.`,
    });
  });

  it.for([
    ['ftp://example.com/a.zip', 'The address of the code is neither http nor https.'],
    ['file:///etc/passwd', 'The address of the code is neither http nor https.'],
    ['http://[', 'The address of the code is no URL.'],
  ] as const)('refuses a redirect to %s', async ([location, message], { expect }) => {
    const origin = await useServer(redirectTo(location));
    expect(await fetchOrRefusal(origin)).toMatchObject({ reason: 'CodeNotFound', message });
    expect(await fetchOrRefusal(location)).toMatchObject({ reason: 'CodeNotFound', message });
  });

  it.for([
    '127.0.0.1',
    '127.9.9.9',
    '2130706433',
    'localhost',
    '0.0.0.0',
    '169.254.169.254',
    '100.100.100.200',
    '[::1]',
    '[::]',
    '[fe80::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:169.254.169.254]',
    '[64:ff9b::169.254.169.254]',
    '[fd00:ec2::254]',
  ])('does not fetch from %s', async (host, { expect }) => {
    expect(await fetchOrRefusal(`http://${host}:1/`, { maxBytes: 1 })).toMatchObject({
      reason: 'CodeNotFound',
      message: expect.stringMatching(
        /^Code is not fetched from .*: it is an address of this machine or of its host\.$/,
      ) as string,
    });
  });

  it('is not led to a forbidden address either', async ({ expect }) => {
    const origin = await useServer(redirectTo('http://169.254.169.254/latest/meta-data'));
    expect(await fetchOrRefusal(origin)).toMatchObject({
      message: expect.stringContaining('not fetched from 169.254.169.254') as string,
    });
  });

  it.for([201, 206, 304, 401, 403, 404, 410])(
    'refuses an answer %i',
    async (status, { expect }) => {
      const origin = await useServer(answerWith(status));
      expect(await fetchOrRefusal(`${origin}/a.zip?token=secret`)).toEqual({
        kind: 'refused',
        reason: 'CodeNotFound',
        message: `${origin}/a.zip answered ${status.toString()}.`,
      });
    },
  );

  it.for([429, 500, 503])('leaves an answer %i to be tried again', async (status, { expect }) => {
    const origin = await useServer(answerWith(status));
    await expect(fetchWhole(origin, OPTIONS)).rejects.toThrow(
      `fetching ${origin}/: it answered ${status.toString()}`,
    );
  });

  it('stops reading where an archive cannot be larger', async ({ expect }) => {
    const ended = Promise.withResolvers<undefined>();
    const origin = await useServer((_request, response) => {
      response.on('close', () => {
        ended.resolve(undefined);
      });
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(500)));
      };
      response.on('drain', more);
      more();
    });
    expect(await fetchOrRefusal(`${origin}/endless`)).toEqual({
      kind: 'refused',
      reason: 'CodeTooLarge',
      message: `${origin}/endless is larger than 1000 bytes.`,
    });
    await ended.promise;
  });

  it('does not take a part for the whole', async ({ expect }) => {
    const origin = await useServer((_request, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('half', () => {
        response.destroy();
      });
    });
    await expect(fetchWhole(origin, OPTIONS)).rejects.toThrow(`fetching ${origin}/`);
  });

  it('says nothing of passwords when nobody answers', async ({ expect }) => {
    const origin = await useServer(answerWith(200));
    const url = new URL(origin);
    url.port = '1';
    url.username = 'me';
    url.password = 'secret';
    const error: unknown = await fetchWhole(url.href).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ message: 'fetching http://127.0.0.1:1/' });
  });

  it('ends when it is told to', async ({ expect }) => {
    const stop = new AbortController();
    const origin = await useServer((_request, response) => {
      response.writeHead(200);
      response.write('x', () => {
        stop.abort();
      });
    });
    await expect(fetchWhole(origin, OPTIONS, stop.signal)).rejects.toThrow();
  });

  it.for([
    ['the connection', () => undefined],
    [
      'the headers',
      (_request: IncomingMessage, response: ServerResponse) => {
        response.writeHead(200).flushHeaders();
      },
    ],
    [
      'the first bytes',
      (_request: IncomingMessage, response: ServerResponse) => {
        response.writeHead(200).write('x');
      },
    ],
  ] as const)('gives up one who says nothing after %s', async ([, answer], { expect }) => {
    const origin = await useServer(answer);
    const error: unknown = await fetchWhole(origin, { ...OPTIONS, silenceMs: 50 }).catch(
      (cause: unknown) => cause,
    );
    expect(error).toMatchObject({
      message: `fetching ${origin}/`,
      cause: { message: 'nothing came within 50 ms' },
    });
  });

  it('has patience with one who says a little now and then', async ({ expect }) => {
    const origin = await useServer((_request, response) => {
      const words = ['a', 'b', 'c', 'd'];
      const timer = setInterval(() => {
        const word = words.shift();
        if (word !== undefined) response.write(word);
        else {
          clearInterval(timer);
          response.end();
        }
      }, 60);
    });
    expect((await fetchWhole(origin, { ...OPTIONS, silenceMs: 150 })).toString()).toBe('abcd');
  });

  it('hangs up when it is not read to its end', async ({ expect }) => {
    const hungUp = Promise.withResolvers<undefined>();
    const origin = await useServer((_request, response) => {
      response.on('close', () => {
        hungUp.resolve(undefined);
      });
      response.write('x');
    });
    for await (const chunk of fetchArchive(origin, OPTIONS)) {
      expect(chunk).toHaveLength(1);
      break;
    }
    await hungUp.promise;
  });
});
