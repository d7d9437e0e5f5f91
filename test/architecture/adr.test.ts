import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'vitest';

const FOLDER = path.resolve(import.meta.dirname, '../../docs/adr');
const FILES = globSync('*.md', { cwd: FOLDER }).sort();
const RECORDS = FILES.filter((file) => file !== '0000-template.md');
const SECTIONS = ['## Context', '## Decision', '## Consequences', '## Alternatives considered'];

describe('decision records', () => {
  it('exist, beside their template', ({ expect }) => {
    expect(RECORDS.length).toBeGreaterThan(0);
    expect(FILES).toContain('0000-template.md');
  });

  it('have numbers of their own', ({ expect }) => {
    const numbers = FILES.map((file) => file.slice(0, 4));
    expect(numbers).toEqual([...new Set(numbers)]);
  });

  it.for(RECORDS)('%s says its title, status and sections', (file, { expect }) => {
    const text = readFileSync(path.join(FOLDER, file), 'utf8');
    expect(file).toMatch(/^\d{4}-[a-z0-9-]+\.md$/);
    expect(text).toMatch(new RegExp(`^# ${file.slice(0, 4)}: \\S`));
    expect(text).toMatch(/^Status: (?:proposed|accepted|superseded by \d{4})$/m);
    for (const section of SECTIONS) expect.soft(text).toContain(`\n${section}\n`);
  });
});
