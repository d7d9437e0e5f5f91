import { execFile, type ExecFileException } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';

const ROOT = path.resolve(import.meta.dirname, '../..');
const HELM_VERSION = 'v3.19.5';
const KUBE_VERSION = '1.34.0';
const CLUSTER_ENV = path.join(ROOT, 'test/cluster/env');
const INSTALLED = path.join(ROOT, '.cache/go/bin/helm');
const MAX_OUTPUT_BYTES = 16_777_216;

/** The chart's folder. */
export const CHART = path.join(ROOT, 'charts/mayfly');
/** The first time, helm may have to be compiled. */
export const HELM_DEADLINE_MS = 900_000;

/** How helm ended. */
export interface HelmResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A Kubernetes object of a render. */
export interface Rendered {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

let command: Promise<string> | undefined;

/** Runs helm; where there is none, it is installed first. */
export async function helm(...args: readonly string[]): Promise<HelmResult> {
  command ??= findHelm();
  const file = await command;
  return new Promise((resolve) => {
    execFile(
      file,
      [...args, ...targetOf(args)],
      { maxBuffer: MAX_OUTPUT_BYTES },
      (error, stdout, stderr) => {
        resolve({ code: codeOf(error), stdout, stderr });
      },
    );
  });
}

/** What `helm template` makes of the chart, as text. */
export async function renderText(...args: readonly string[]): Promise<string> {
  const rendered = await helm('template', 'mayfly', CHART, '-n', 'mayfly-system', ...args);
  if (rendered.code !== 0) throw new Error(`rendering the chart: ${rendered.stderr}`);
  return rendered.stdout;
}

/** What `helm template` makes of the chart, as objects. */
export async function render(...args: readonly string[]): Promise<readonly Rendered[]> {
  return parseAllDocuments(await renderText(...args))
    .map((document) => document.toJS() as Rendered | null)
    .filter((object) => object !== null);
}

/** A helm that was compiled with `go install` believes that every cluster is of version 1.20. */
function targetOf([command = '']: readonly string[]): readonly string[] {
  return command === 'template' || command === 'lint' ? ['--kube-version', KUBE_VERSION] : [];
}

function codeOf(error: ExecFileException | null): number {
  if (error === null) return 0;
  return typeof error.code === 'number' ? error.code : -1;
}

async function findHelm(): Promise<string> {
  const run = promisify(execFile);
  try {
    await run('helm', ['version']);
    return 'helm';
  } catch {
    // That of the test cluster, where it has been built, or ours.
    const { stdout } = await run('bash', ['-c', `. ${CLUSTER_ENV}; type -P helm || true`]);
    if (stdout.trim() !== '') return stdout.trim();
    if (existsSync(INSTALLED)) return INSTALLED;
  }
  const GOBIN = path.dirname(INSTALLED);
  await run('go', ['install', `helm.sh/helm/v3/cmd/helm@${HELM_VERSION}`], {
    env: { ...process.env, GOBIN },
    maxBuffer: MAX_OUTPUT_BYTES,
  });
  return INSTALLED;
}
