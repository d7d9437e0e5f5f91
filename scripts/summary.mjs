// Adds up the reports of the levels of test. A level that failed without a failed test – it did not start, a
// file did not load, nothing was found – counts as one failure, so that the sum never looks better than it is.

/**
 * @typedef {{ level: string, exitCode: number, report: Report | undefined }} LevelRun
 * @typedef {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, testResults?: FileRun[] }} Report
 * @typedef {{ message?: string, name: string, assertionResults: TestRun[] }} FileRun
 * @typedef {{ fullName: string, status: string, failureMessages?: string[] }} TestRun
 * @typedef {{ level: string, passed: number, failed: number, skipped: number, note: string }} LevelResult
 */

/** Lines of a failure that the end of the report repeats: what was wrong, not the whole stack. */
const LINES_PER_FAILURE = 8;

/** @param {readonly LevelRun[]} runs @returns {string} each failed test with the beginning of what it says */
export function listFailures(runs) {
  return runs
    .flatMap(({ level, report }) =>
      (report?.testResults ?? []).flatMap((file) =>
        failuresOf(file).map((failure) => ({ level, ...failure })),
      ),
    )
    .map(({ level, name, message }) => {
      const lines = message.trim().split('\n').slice(0, LINES_PER_FAILURE);
      return [`FAILED ${level}: ${name}`, ...lines.map((line) => `    ${line}`)].join('\n');
    })
    .join('\n');
}

/** @param {FileRun} file */
function failuresOf({ name, message, assertionResults }) {
  const failed = assertionResults.filter(({ status }) => status === 'failed');
  if (failed.length === 0 && message) return [{ name, message }];
  return failed.map(({ fullName, failureMessages = [] }) => ({
    name: fullName,
    message: failureMessages.join('\n'),
  }));
}

/** @param {LevelRun} run @returns {LevelResult} */
export function resultOf({ level, exitCode, report }) {
  if (report === undefined) return { level, passed: 0, failed: 1, skipped: 0, note: 'did not run' };
  const { numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped } = report;
  const counts = { level, passed, failed, skipped, note: '' };
  if (passed + failed === 0) return { ...counts, failed: 1, note: 'found no tests' };
  if (exitCode !== 0 && failed === 0) {
    return { ...counts, failed: 1, note: 'failed outside of tests' };
  }
  return counts;
}

/** @param {readonly LevelResult[]} results @returns {string} the table, and the line of the sum last */
export function summarise(results) {
  const rows = results.map(
    ({ level, passed, failed, skipped, note }) =>
      `  ${level.padEnd(14)}${String(passed).padStart(6)} passed${String(failed).padStart(6)} failed` +
      `${String(skipped).padStart(6)} skipped  ${note}`,
  );
  return [...rows.map((row) => row.trimEnd()), '', sumLine(results)].join('\n');
}

/** @param {readonly LevelResult[]} results @returns {string} `N passed, N failed` */
export function sumLine(results) {
  const sum = (/** @type {'passed' | 'failed'} */ key) =>
    results.reduce((total, result) => total + result[key], 0);
  return `${sum('passed')} passed, ${sum('failed')} failed`;
}
