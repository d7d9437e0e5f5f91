import type { ServerResponse } from 'node:http';
import { eventually } from '@mayfly/testkit';
import type { KubeDeadlines } from '../kube-api.ts';
import { answerWith, useApiServer, type Answer, type ApiServer } from './api-server.ts';

/** The least that an object has. */
export interface TestObject {
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly resourceVersion: string;
  };
}

/** An object of a collection. */
export function anObject(name: string, resourceVersion: string): TestObject {
  return { metadata: { namespace: 'ns', name, resourceVersion } };
}

/** A watch that a client has opened. */
export interface OpenWatch {
  readonly from: string;
  send(type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR', object: object): void;
  sendText(text: string): void;
  /** As the API server does when its time is over. */
  end(): void;
  /** As a network that breaks. */
  cut(): void;
}

/** A collection that is listed and watched, on a real HTTP server. */
export interface Collection extends ApiServer {
  items: readonly TestObject[];
  /** Of the next lists. */
  resourceVersion: string;
  /** Answers in place of the next lists. */
  readonly listAnswers: Answer[];
  /** Answers in place of the next watches. */
  readonly watchAnswers: Answer[];
  readonly watches: readonly OpenWatch[];
  countLists(): number;
  countWatches(): number;
  /** Waits for the watch of this number, from 0. */
  watch(index: number): Promise<OpenWatch>;
}

/** Starts one; it ends with the test. */
export async function useCollection(deadlines?: Partial<KubeDeadlines>): Promise<Collection> {
  const server = await useApiServer(deadlines);
  const watches: OpenWatch[] = [];
  const count = (isWatch: boolean): number =>
    server.requests.filter(({ query }) => (query['watch'] === 'true') === isWatch).length;
  const collection: Collection = Object.assign(server, {
    items: [],
    resourceVersion: '1',
    listAnswers: [],
    watchAnswers: [],
    watches,
    countLists: () => count(false),
    countWatches: () => count(true),
    watch: (index: number) =>
      eventually(() => {
        const watch = watches[index];
        if (watch === undefined) throw new Error(`there are ${watches.length.toString()} watches`);
        return watch;
      }),
  });
  const list: Answer = (response, request) => {
    const { items, resourceVersion } = collection;
    answerWith({ metadata: { resourceVersion }, items })(response, request);
  };
  const openWatch: Answer = (response, { query }) => {
    watches.push(makeWatch(response, query['resourceVersion'] ?? ''));
  };
  server.answer = (response, request) => {
    const answer =
      request.query['watch'] === 'true'
        ? (collection.watchAnswers.shift() ?? openWatch)
        : (collection.listAnswers.shift() ?? list);
    answer(response, request);
  };
  return collection;
}

function makeWatch(response: ServerResponse, from: string): OpenWatch {
  response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
  return {
    from,
    send: (type, object) => void response.write(`${JSON.stringify({ type, object })}\n`),
    sendText: (text) => void response.write(text),
    end: () => void response.end(),
    cut: () => void response.socket?.destroy(),
  };
}
