// `node scripts/test-levels.mjs unit integration -- [argument of vitest…]` runs these levels of test one
// after the other, all of them even if one fails, and ends with the line `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { listFailures, resultOf, sumLine, summarise } from './summary.mjs';

const ROOT = path.resolve(import.meta.dirname, '..');
const REPORTS = path.join(ROOT, '.cache/reports');
const VITEST = path.join(ROOT, 'node_modules/vitest/vitest.mjs');

function runLevel(level, vitestArguments) {
  const reportFile = path.join(REPORTS, `${level}.json`);
  rmSync(reportFile, { force: true });
  const { status } = spawnSync(
    process.execPath,
    [
      VITEST,
      'run',
      `--project=${level}`,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${reportFile}`,
      ...vitestArguments,
    ],
    { cwd: ROOT, stdio: 'inherit' },
  );
  return { level, exitCode: status ?? 1, report: readReport(reportFile) };
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

const separator = process.argv.indexOf('--');
const levels = process.argv.slice(2, separator === -1 ? undefined : separator);
const vitestArguments = separator === -1 ? [] : process.argv.slice(separator + 1);
mkdirSync(REPORTS, { recursive: true });
rmSync(path.join(REPORTS, 'summary.txt'), { force: true });
const runs = levels.map((level) => runLevel(level, vitestArguments));
const results = runs.map(resultOf);
writeFileSync(path.join(REPORTS, 'summary.txt'), `${sumLine(results)}\n`);
console.log(`\n${listFailures(runs)}\n\n${summarise(results)}`);
if (results.some(({ failed }) => failed > 0)) process.exitCode = 1;
