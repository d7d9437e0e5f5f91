import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import {
  formatManifestProblem,
  type ManifestProblem,
  type ParsedManifest,
  parseManifests,
} from '@mayfly/local';
import { CliError, EXIT_CODES } from '../exit-codes.ts';
import { printable } from '../output/terminal.ts';
import { type ProgramIo, readStdin } from '../program-io.ts';
import { formatReference } from '../resource-kinds.ts';
import { findManifestFiles } from './find-files.ts';

/** One document of a manifest file. Paths in its spec are absolute. */
export interface Manifest extends ParsedManifest {
  /** As the user wrote it. */
  readonly file: string;
}

/** What the manifests hold, and what is wrong with the others. */
export interface ManifestSet {
  readonly manifests: readonly Manifest[];
  readonly problems: readonly ManifestProblem[];
}

const STDIN_WORD = '-';
const STDIN_NAME = '<stdin>';

/**
 * Reads manifests from files, folders and standard input, with the rules of the folder that
 * `mayfly start --dir` watches.
 * @throws CliError `usage` when a file cannot be read
 */
export async function readManifests(io: ProgramIo, paths: readonly string[]): Promise<ManifestSet> {
  const manifests: Manifest[] = [];
  const problems: ManifestProblem[] = [];
  for await (const { file, folder, text } of readTexts(io, paths)) {
    // Relative code paths start from the manifest: the platform has another working directory.
    const parsed = parseManifests(text, file, { baseDirectory: folder });
    manifests.push(...parsed.manifests.map((manifest) => ({ ...manifest, file })));
    problems.push(...parsed.problems);
  }
  return withoutDuplicates(manifests, problems);
}

/** A problem as one line that is safe to print. */
export function formatProblem(problem: ManifestProblem): string {
  return printable(formatManifestProblem(problem));
}

interface ManifestText {
  readonly file: string;
  readonly folder: string;
  readonly text: string;
}

async function* readTexts(io: ProgramIo, paths: readonly string[]): AsyncGenerator<ManifestText> {
  for (const path of paths) {
    if (path === STDIN_WORD) {
      yield { file: STDIN_NAME, folder: io.cwd, text: (await readStdin(io)).toString() };
      continue;
    }
    for (const file of await findManifestFiles(io.cwd, path)) {
      const absolutePath = resolve(io.cwd, file);
      yield { file, folder: dirname(absolutePath), text: await readText(absolutePath, file) };
    }
  }
}

async function readText(absolutePath: string, file: string): Promise<string> {
  try {
    return await readFile(absolutePath, 'utf8');
  } catch (error) {
    throw new CliError(EXIT_CODES.usage, `reading ${file}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

// The later of two would win without a word.
function withoutDuplicates(
  manifests: readonly Manifest[],
  problems: readonly ManifestProblem[],
): ManifestSet {
  const seen = new Map<string, Manifest>();
  const duplicates: ManifestProblem[] = [];
  for (const manifest of manifests) {
    const reference = formatReference(manifest.object.kind, manifest.object.metadata.name);
    const first = seen.get(reference);
    if (first === undefined) {
      seen.set(reference, manifest);
    } else {
      const reason = `${reference} is in ${first.file}:${first.line.toString()} already`;
      const { file, line } = manifest;
      duplicates.push({ file, line, field: 'metadata.name', reason });
    }
  }
  return { manifests: [...seen.values()], problems: [...problems, ...duplicates] };
}
