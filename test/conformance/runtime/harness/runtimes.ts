import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';

const PROBES = path.resolve(import.meta.dirname, '../probes');
const CLASSES = path.resolve(import.meta.dirname, '../../../../.cache/probe-classes');

/** What a function is written in; bash stands for every custom runtime. */
export type Language = 'nodejs' | 'python' | 'java' | 'bash';

/** Where the promises are tried: pods, or processes of this machine. */
export type TargetKind = 'cluster' | 'embedded';

/** A runtime that the promises are tried on. */
export interface Runtime {
  readonly identifier: string;
  readonly language: Language;
  readonly targets: readonly TargetKind[];
  /** AWS's client waits in C up to Python 3.11, where no handler of signals runs: in Lambda, too. */
  readonly isDeafToSignals?: boolean;
}

/** File name → content. `bootstrap` and `wrapper` are executable. */
export type Files = Readonly<Record<string, string | Buffer>>;

/** A function as a user would package it. */
export interface Package {
  readonly handler: string;
  readonly files: Files;
}

// Embedded, a runtime is what this machine has: no Java, one Node.js, one Python.
const RUNTIMES: readonly Runtime[] = [
  { identifier: 'nodejs24.x', language: 'nodejs', targets: ['cluster', 'embedded'] },
  { identifier: 'nodejs22.x', language: 'nodejs', targets: ['cluster'] },
  { identifier: 'python3.13', language: 'python', targets: ['cluster'] },
  { identifier: 'python3.11', language: 'python', targets: ['embedded'], isDeafToSignals: true },
  { identifier: 'java21', language: 'java', targets: ['cluster'] },
  { identifier: 'provided.al2023', language: 'bash', targets: ['cluster', 'embedded'] },
];

/** The one that this run tries. */
export const TARGET: TargetKind =
  process.env['MAYFLY_CONFORMANCE_TARGET'] === 'cluster' ? 'cluster' : 'embedded';

/** The runtimes of this run's target; of these languages only, if any is named. */
export function runtimesOf(...languages: readonly Language[]): readonly Runtime[] {
  return RUNTIMES.filter(
    ({ language, targets }) =>
      targets.includes(TARGET) && (languages.length === 0 || languages.includes(language)),
  );
}

const SOURCES: Readonly<Record<Language, { readonly file: string; readonly handler: string }>> = {
  nodejs: { file: 'index.mjs', handler: 'index.handler' },
  python: { file: 'lambda_function.py', handler: 'lambda_function.lambda_handler' },
  java: { file: 'Probe.class', handler: 'Probe::answer' },
  bash: { file: 'bootstrap', handler: 'function.handler' },
};

/** A function whose code is one file with the usual name. */
export function packageOf(language: Language, content: string | Buffer): Package {
  const { file, handler } = SOURCES[language];
  return { handler, files: { [file]: content } };
}

/** The function that answers what a test asks. */
export function probeOf(language: Language): Package {
  const folder = language === 'java' ? compileProbe() : path.join(PROBES, language);
  return packageOf(language, readFileSync(path.join(folder, SOURCES[language].file)));
}

/** Compiles it once for all files of tests, and again when it has changed. */
function compileProbe(): string {
  const sources = path.join(PROBES, 'java');
  const probe = path.join(sources, 'Probe.java');
  const digest = createHash('sha256').update(readFileSync(probe)).digest('hex');
  const folder = path.join(CLASSES, digest);
  if (!existsSync(folder)) {
    const building = path.join(CLASSES, `${digest}.${process.pid.toString()}`);
    mkdirSync(building, { recursive: true });
    execFileSync('javac', ['--release', '17', '-d', building, '-sourcepath', sources, probe]);
    renameSync(building, folder);
  }
  return folder;
}
