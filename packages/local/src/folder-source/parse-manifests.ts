import { dirname, resolve } from 'node:path';
import type { NewObject } from '@mayfly/core';
import {
  isMap,
  isScalar,
  LineCounter,
  parseAllDocuments,
  type Document,
  type YAMLError,
} from 'yaml';
import { locateField } from './locate-field.ts';
import type { ManifestProblem } from './manifest-problem.ts';
import { checkManifest, EMBEDDED_NAMESPACE, type Manifest } from './manifest-schema.ts';

/** An object as a manifest asks for it. */
export interface ManifestObject extends NewObject {
  readonly metadata: NewObject['metadata'] & { readonly namespace: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** One good document of a file, and where it begins. */
export interface ParsedManifest {
  readonly object: ManifestObject;
  readonly line: number;
  /** Absolute path of `spec.code.zip.path`. */
  readonly codePath: string | undefined;
}

/** What a manifest file says. With a syntax error it says nothing: what follows one is guesswork. */
export interface ParsedManifestFile {
  readonly objects: readonly ManifestObject[];
  /** The same objects with their places. */
  readonly manifests: readonly ParsedManifest[];
  readonly problems: readonly ManifestProblem[];
}

/** How to read a manifest file. */
export interface ParseManifestsOptions {
  /** What relative paths in the file start from. Default: the directory of `fileName`. */
  readonly baseDirectory?: string;
}

/**
 * Reads a file of YAML documents, for the folder source and for `apply -f` alike. Never throws.
 * @param fileName how problems name the file
 */
export function parseManifests(
  text: string,
  fileName: string,
  options: ParseManifestsOptions = {},
): ParsedManifestFile {
  const lines = new LineCounter();
  const documents = [
    ...parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, merge: true }),
  ];
  const syntaxProblems = documents
    .flatMap(({ errors }) => errors)
    .map((error) => describeSyntaxError(error, lines, fileName));
  if (syntaxProblems.length > 0) return { objects: [], manifests: [], problems: syntaxProblems };

  const baseDirectory = options.baseDirectory ?? dirname(resolve(fileName));
  const manifests: ParsedManifest[] = [];
  const problems: ManifestProblem[] = [];
  for (const document of documents) {
    if (isEmpty(document)) continue;
    const outcome = readDocument(document);
    const line = (path: string): number => locateField(document, lines, path);
    if (outcome.kind === 'valid') {
      manifests.push({ ...toObject(outcome.manifest, baseDirectory), line: line('') });
    } else {
      problems.push(
        ...outcome.problems.map(({ path, message }) => ({
          file: fileName,
          line: line(path),
          field: path,
          reason: message,
        })),
      );
    }
  }
  return {
    objects: manifests.map(({ object }) => object),
    manifests,
    problems: inOrderOfLines(problems),
  };
}

function inOrderOfLines(problems: readonly ManifestProblem[]): readonly ManifestProblem[] {
  return problems.toSorted((left, right) => (left.line ?? 0) - (right.line ?? 0));
}

function isEmpty({ contents }: Document): boolean {
  return contents === null || (isScalar(contents) && contents.value === null);
}

function readDocument(document: Document): ReturnType<typeof checkManifest> {
  if (!isMap(document.contents)) return refuse('must be a mapping with apiVersion, kind, …');
  try {
    return checkManifest(document.toJS());
  } catch (error) {
    // Aliases that expand without end, or to nothing.
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

function refuse(message: string): ReturnType<typeof checkManifest> {
  return { kind: 'invalid', problems: [{ path: '', message }] };
}

function describeSyntaxError(error: YAMLError, lines: LineCounter, file: string): ManifestProblem {
  const reason = `is no YAML: ${error.message}`;
  return { file, line: lines.linePos(error.pos[0]).line, field: '', reason };
}

function toObject(manifest: Manifest, baseDirectory: string): Omit<ParsedManifest, 'line'> {
  const { name, labels, annotations } = manifest.metadata;
  const { spec, codePath } = resolveCodePath(manifest.spec, baseDirectory);
  const object: ManifestObject = {
    apiVersion: manifest.apiVersion,
    kind: manifest.kind,
    metadata: {
      name,
      namespace: manifest.metadata.namespace ?? EMBEDDED_NAMESPACE,
      ...(labels !== undefined && { labels }),
      ...(annotations !== undefined && { annotations }),
    },
    spec,
  };
  return { object, codePath };
}

interface ZipAt {
  readonly zip?: { readonly path?: unknown };
}

/** The spec was checked, so what is there has its type; other kinds have neither. */
function resolveCodePath(
  spec: Readonly<Record<string, unknown>>,
  baseDirectory: string,
): { readonly spec: Readonly<Record<string, unknown>>; readonly codePath: string | undefined } {
  // A Function has code, a LayerVersion content.
  const { code, content } = spec as { readonly code?: ZipAt; readonly content?: ZipAt };
  const place = code ?? content;
  const path = place?.zip?.path;
  if (typeof path !== 'string') return { spec, codePath: undefined };
  const codePath = resolve(baseDirectory, path);
  const absolute = { ...place, zip: { ...place?.zip, path: codePath } };
  return code === undefined
    ? { spec: { ...spec, content: absolute }, codePath: undefined }
    : { spec: { ...spec, code: absolute }, codePath };
}
