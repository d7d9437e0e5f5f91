import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');

function listDocuments(): readonly string[] {
  const args = ['-c', 'safe.directory=*', 'ls-files', '--', '*.md'];
  const listed = execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' });
  return listed.split('\n').filter((file) => file !== '' && existsSync(path.join(ROOT, file)));
}

/** Links to files and headings of this repository, outside of blocks of code. */
function linksIn(text: string): readonly string[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, '');
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

/** Headings as GitHub names them in addresses. */
function anchorsIn(text: string): ReadonlySet<string> {
  const headings = text.matchAll(/^#+ (.*)$/gm);
  const toAnchor = (heading: string): string =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-');
  return new Set([...headings].map(([, heading = '']) => toAnchor(heading)));
}

function brokenLinks(document: string, text: string): readonly string[] {
  return linksIn(text).filter((link) => {
    const [file = '', anchor = ''] = link.split('#');
    const target = path.resolve(
      ROOT,
      path.dirname(document),
      file === '' ? path.basename(document) : file,
    );
    if (!existsSync(target)) return true;
    return anchor !== '' && !anchorsIn(readFileSync(target, 'utf8')).has(anchor);
  });
}

describe('links between documents', () => {
  it('are found', ({ expect }) => {
    const all = listDocuments().flatMap((file) =>
      linksIn(readFileSync(path.join(ROOT, file), 'utf8')),
    );
    expect(all.length).toBeGreaterThan(30);
  });

  it('lead somewhere', ({ expect }) => {
    const broken = listDocuments().flatMap((file) =>
      brokenLinks(file, readFileSync(path.join(ROOT, file), 'utf8')).map(
        (link) => `${file}: ${link}`,
      ),
    );
    expect(broken).toEqual([]);
  });

  it('that are broken are seen', ({ expect }) => {
    const text = '[a](docs/none.md) [b](README.md#no-such-heading) [c](https://example.com)';
    expect(brokenLinks('README.md', text)).toEqual(['docs/none.md', 'README.md#no-such-heading']);
  });
});
