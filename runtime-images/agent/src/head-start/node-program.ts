import { HANDLER_TO_COME } from '@mayfly/core';

/**
 * Runs in Node.js before the program of the image, beside the FIFOs: loads what every Node.js function needs, waits for
 * a `Release`, becomes the process that would have been started with it, and lets the image's program begin.
 *
 * CommonJS, because what is preloaded as an ES module changes how the program after it is loaded.
 */
export const NODE_PROGRAM = `'use strict';
const { isMainThread } = require('node:worker_threads');
// What AWS's runtime client and most functions load: it takes 5 ms.
const BUILT_IN = [
  'async_hooks', 'buffer', 'child_process', 'crypto', 'events', 'fs/promises', 'http', 'https', 'module', 'net', 'os',
  'path', 'perf_hooks', 'readline', 'stream', 'url', 'util',
];
// A worker of the function preloads it, too.
if (isMainThread) {
  const { appendFileSync, closeSync, openSync, readSync } = require('node:fs');
  for (const name of BUILT_IN) require('node:' + name);
  // For writing, too: to open it for reading only would wait for a writer, who looks for a reader.
  const release = openSync(__dirname + '/release', 'r+');
  appendFileSync(__dirname + '/events', 'parked\\n');
  const chunk = Buffer.alloc(65536);
  let text = '';
  while (!text.endsWith('\\n')) text += chunk.toString('latin1', 0, readSync(release, chunk));
  closeSync(release);
  const { handler, variables, presets } = JSON.parse(Buffer.from(text, 'latin1').toString());
  const { env, argv } = process;
  const options = (env.NODE_OPTIONS ?? '').replace('--require=' + __filename, '').trim();
  if (options === '') delete env.NODE_OPTIONS;
  else env.NODE_OPTIONS = options;
  Object.assign(env, variables);
  for (const [name, value] of Object.entries(presets)) env[name] ??= value;
  for (const [n, word] of argv.entries()) if (word === '${HANDLER_TO_COME}') argv[n] = handler;
}
`;

/** What a runtime that waits is told, in one line: the rest of what it would have been started with. */
export interface Release {
  readonly handler: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Variables that hold where there is none of that name. */
  readonly presets: Readonly<Record<string, string>>;
}
