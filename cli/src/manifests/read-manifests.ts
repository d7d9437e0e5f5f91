import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import {
  CODE_DIGEST_ANNOTATION,
  computeCodeDigest,
  formatManifestProblem,
  type ManifestProblem,
  type ParsedManifest,
  parseManifests,
  scanFolder,
} from '@mayfly/local';
import { CliError, EXIT_CODES } from '../exit-codes.ts';
import { printable } from '../output/terminal.ts';
import { type ProgramIo, readStdin } from '../program-io.ts';
import { formatReference } from '../resource-kinds.ts';

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
  for (const path of paths) {
    const set = await readPath(io, path);
    problems.push(...set.problems);
    for (const manifest of set.manifests) manifests.push(await withCodeDigest(manifest));
  }
  return withoutDuplicates(manifests, problems);
}

/** A problem as one line that is safe to print. */
export function formatProblem(problem: ManifestProblem): string {
  return printable(formatManifestProblem(problem));
}

// Relative code paths start from the manifest: the platform has another working directory.
async function readPath(io: ProgramIo, path: string): Promise<ManifestSet> {
  if (path === STDIN_WORD) {
    const text = (await readStdin(io)).toString();
    return parseText(text, STDIN_NAME, io.cwd);
  }
  const absolutePath = resolve(io.cwd, path);
  try {
    if ((await stat(absolutePath)).isDirectory()) return await readFolder(absolutePath, path);
    return parseText(await readFile(absolutePath, 'utf8'), path, dirname(absolutePath));
  } catch (error) {
    if (error instanceof CliError) throw error;
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const text = isMissing ? 'there is no such file or folder' : (error as Error).message;
    throw new CliError(EXIT_CODES.usage, `reading ${path}: ${text}`, { cause: error });
  }
}

function parseText(text: string, file: string, baseDirectory: string): ManifestSet {
  const { manifests, problems } = parseManifests(text, file, { baseDirectory });
  return { manifests: manifests.map((manifest) => ({ ...manifest, file })), problems };
}

async function readFolder(absolutePath: string, path: string): Promise<ManifestSet> {
  const scan = await scanFolder(absolutePath, new Map(), Date.now());
  if (scan.files.size === 0) {
    throw new CliError(EXIT_CODES.usage, `there are no .yaml or .yml files in ${path}`);
  }
  const named = <T extends { readonly file: string }>(each: T): T => ({
    ...each,
    file: join(path, each.file),
  });
  return { manifests: scan.manifests.map(named), problems: scan.problems.map(named) };
}

// A manifest that stays the same while its code changes must still reach the platform as a change.
async function withCodeDigest(manifest: Manifest): Promise<Manifest> {
  const { codePath, object } = manifest;
  if (codePath === undefined) return manifest;
  const digest = await computeCodeDigest(codePath);
  const annotations = { ...object.metadata.annotations, [CODE_DIGEST_ANNOTATION]: digest };
  return { ...manifest, object: { ...object, metadata: { ...object.metadata, annotations } } };
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
