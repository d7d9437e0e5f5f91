#!/usr/bin/env node
import { makeProcessIo } from './program-io.ts';
import { runProgram } from './program.ts';

// The reader of a pipe has left (`mayfly logs hello | head`): nobody is there to be told.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

process.exit(await runProgram(process.argv.slice(2), makeProcessIo(process, process.env)));
