// Runs the dependency rules over every workspace, and fails when there was nothing to look at: a cruiser
// that does not fit the compiler finds no modules and therefore no violations.
// `node scripts/check-dependencies.mjs [folder]` looks at another tree with the same rules.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { cruise } from 'dependency-cruiser';
import extractConfig from 'dependency-cruiser/config-utl/extract-depcruise-config';
import extractTsConfig from 'dependency-cruiser/config-utl/extract-ts-config';

const ROOT = path.resolve(import.meta.dirname, '..');
const FOLDERS = ['packages', 'operator', 'gateway', 'cli', 'runtime-images', 'test'];
const FEWEST_MODULES = 20;

process.chdir(path.resolve(process.argv[2] ?? ROOT));
const { options, ...ruleSet } = await extractConfig(path.join(ROOT, '.dependency-cruiser.cjs'));
const { output } = await cruise(
  FOLDERS.filter((folder) => existsSync(folder)),
  { ...options, ruleSet, validate: true, outputType: 'json' },
  options.enhancedResolveOptions,
  { tsConfig: extractTsConfig(path.resolve('tsconfig.json')) },
);
const { summary } = typeof output === 'string' ? JSON.parse(output) : output;
for (const { rule, from, to } of summary.violations) console.error(`${rule.name}: ${from} → ${to}`);
console.log(`${summary.violations.length} violations in ${summary.totalCruised} modules`);
if (summary.totalCruised < FEWEST_MODULES) {
  console.error(`cruised fewer than ${FEWEST_MODULES} modules: the check itself is broken`);
  process.exitCode = 1;
}
if (summary.violations.length > 0) process.exitCode = 1;
