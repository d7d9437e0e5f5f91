import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { stringify } from 'yaml';

/** What a commit changes: path → manifest or text; undefined deletes. */
export type Changes = Readonly<Record<string, object | string | Uint8Array | undefined>>;

/** A repository of Git whose branch `main` is what the cluster should be. */
export interface GitRepository {
  readonly url: string;
  readonly folder: string;
  /** Its revision. */
  commit(changes: Changes): string;
  /** Takes the last commit back by another one. */
  revert(): string;
}

/** Makes an empty repository that goes with the test. */
export function useGitRepository(): GitRepository {
  const folder = mkdtempSync(path.join(tmpdir(), 'mayfly-gitops-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const git = (...args: readonly string[]): string => runGit(folder, args);
  git('init', '--quiet', '--initial-branch=main');
  const head = (): string => git('rev-parse', 'HEAD').trim();
  return {
    url: `file://${folder}`,
    folder,
    commit: (changes) => {
      for (const [file, content] of Object.entries(changes)) change(folder, file, content);
      git('add', '--all');
      git('commit', '--quiet', '--message', `change ${Object.keys(changes).join(', ')}`);
      return head();
    },
    revert: () => {
      git('revert', '--no-edit', 'HEAD');
      return head();
    },
  };
}

function change(folder: string, file: string, content: Changes[string]): void {
  const target = path.join(folder, file);
  if (content === undefined) {
    rmSync(target);
    return;
  }
  mkdirSync(path.dirname(target), { recursive: true });
  const isText = typeof content === 'string' || content instanceof Uint8Array;
  writeFileSync(target, isText ? content : stringify(content));
}

function runGit(folder: string, args: readonly string[]): string {
  const nobody = { NAME: 'Ada', EMAIL: 'ada@example.com' };
  const people = Object.entries(nobody).flatMap(([key, value]) => [
    [`GIT_AUTHOR_${key}`, value],
    [`GIT_COMMITTER_${key}`, value],
  ]);
  return execFileSync('git', args, {
    cwd: folder,
    encoding: 'utf8',
    // The settings of whoever runs the tests are none of its business.
    env: {
      ...process.env,
      ...Object.fromEntries(people),
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_SYSTEM: '/dev/null',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
