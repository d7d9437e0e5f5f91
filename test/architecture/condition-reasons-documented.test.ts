import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
/** What judges a Function, and what it asks: the code's source, the runtime, the pods. And what judges its versions. */
const JUDGES = [
  'operator/src/{controllers,fleet,pods}/**/*.ts',
  'packages/core/src/{code-signing,layers,releases,rollouts}/**/*.ts',
  'packages/code/src/**/*.ts',
  'packages/local/src/{code,driver,runtimes}/**/*.ts',
];
// Other reasons are in camelCase: of certificates, of giving up execution environments.
const REASON = /^[A-Z][A-Za-z0-9]+$/;

/**
 * The reasons that a source file can write into a condition: values of members and of defaults called `reason`,
 * members of union types called `…Reason`, and what is given to classes whose first parameter is `reason`.
 */
function reasonsIn(text: string, withReason: ReadonlySet<string>): readonly string[] {
  const source = ts.createSourceFile('x.ts', text, ts.ScriptTarget.Latest, true);
  const constants = new Map<string, string>();
  const found: (string | undefined)[] = [];
  const valueOf = (node: ts.Expression): string | undefined => {
    if (ts.isStringLiteral(node)) return node.text;
    return ts.isIdentifier(node) ? constants.get(node.text) : undefined;
  };
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.initializer !== undefined) {
      const value = valueOf(node.initializer);
      if (value !== undefined) constants.set(node.name.getText(), value);
    }
    const given = givenReason(node, withReason);
    if (given !== undefined) found.push(valueOf(given));
    if (ts.isTypeAliasDeclaration(node)) found.push(...namedReasons(node));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found.filter((one) => one !== undefined && REASON.test(one)) as string[];
}

function givenReason(node: ts.Node, withReason: ReadonlySet<string>): ts.Expression | undefined {
  if (ts.isPropertyAssignment(node) || ts.isBindingElement(node)) {
    return node.name.getText() === 'reason' ? node.initializer : undefined;
  }
  if (!ts.isNewExpression(node)) return undefined;
  return withReason.has(node.expression.getText()) ? node.arguments?.[0] : undefined;
}

function namedReasons({ name, type }: ts.TypeAliasDeclaration): readonly string[] {
  if (!name.text.endsWith('Reason')) return [];
  const members = ts.isUnionTypeNode(type) ? type.types : [type];
  return members.flatMap((member) =>
    ts.isLiteralTypeNode(member) && ts.isStringLiteral(member.literal) ? [member.literal.text] : [],
  );
}

/** Classes whose constructor begins with `reason`. */
function classesWithReason(text: string): readonly string[] {
  const found = text.matchAll(/class (\w+)[^{]*\{(?:(?!\nclass )[\s\S])*?constructor\(\s*reason:/g);
  return [...found].map(([, name = '']) => name);
}

function readReasons(): ReadonlySet<string> {
  const files = globSync(JUDGES, { cwd: ROOT }).filter((file) => !file.includes('.test.'));
  const texts = files.map((file) => readFileSync(path.join(ROOT, file), 'utf8'));
  const classes = new Set(texts.flatMap(classesWithReason));
  return new Set(texts.flatMap((text) => reasonsIn(text, classes)));
}

/** What the first column of a table of docs/operations.md names. */
function readDocumented(heading: 'Condition' | 'Of a Version' | 'Reason'): ReadonlySet<string> {
  const text = readFileSync(path.join(ROOT, 'docs/operations.md'), 'utf8');
  const [, table = ''] = new RegExp(`^\\| ${heading} .*\\n((?:\\|.*\\n)+)`, 'm').exec(text) ?? [];
  const cells = [...table.matchAll(/^\| (`[^|]*) \|/gm)].map(([, cell = '']) => cell);
  return new Set(cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map((m) => m[1] ?? '')));
}

describe('the conditions of a Function', () => {
  it('are those that docs/operations.md explains', ({ expect }) => {
    const file = path.join(ROOT, 'operator/src/controllers/function/conditions.ts');
    const [, declared = ''] = /const CONDITION = \{(.*?)\}/s.exec(readFileSync(file, 'utf8')) ?? [];
    const types = [...declared.matchAll(/'(\w+)'/g)].map(([, type = '']) => type);
    expect(types).toContain('Ready');
    expect([...readDocumented('Condition')].toSorted()).toEqual(types.toSorted());
  });
});

describe('the conditions of a Version', () => {
  it('are those that docs/operations.md explains', ({ expect }) => {
    const file = path.join(ROOT, 'operator/src/controllers/version/controller.ts');
    const text = readFileSync(file, 'utf8');
    const [, declared = ''] = /const VERSION_CONDITION = \{(.*?)\}/s.exec(text) ?? [];
    const types = [...declared.matchAll(/'(\w+)'/g)].map(([, type = '']) => type);
    expect(types.length).toBeGreaterThan(0);
    expect([...readDocumented('Of a Version')].toSorted()).toEqual(types.toSorted());
  });
});

describe('the reasons of conditions', () => {
  it('are found in the code, wherever they are written', ({ expect }) => {
    const reasons = readReasons();
    for (const one of ['Active', 'NotServed', 'StartFailed', 'AgentEnded', 'OutOfCapacity']) {
      expect(reasons).toContain(one);
    }
    for (const one of ['CodeUnavailable', 'RuntimeNotInstalled', 'FunctionNameTaken']) {
      expect(reasons).toContain(one);
    }
  });

  it('are seen as members, defaults, types and arguments', ({ expect }) => {
    const planted = `
      const LATER = 'OfConstant';
      type OtherReason = 'OfType' | 'notThis';
      const one = { reason: 'OfMember' };
      function two({ reason = LATER }) {}
      throw new PlantedError('OfArgument', 'NotThis');
    `;
    const found = reasonsIn(planted, new Set(['PlantedError']));
    expect(found.toSorted()).toEqual(['OfArgument', 'OfConstant', 'OfMember', 'OfType']);
  });

  it('each have a meaning and a cure in docs/operations.md', ({ expect }) => {
    const documented = readDocumented('Reason');
    expect([...readReasons()].filter((reason) => !documented.has(reason))).toEqual([]);
  });

  it('are documented no longer than they exist', ({ expect }) => {
    const reasons = readReasons();
    // Reasons of the kubelet are passed on: the table names one as an example.
    const ours = [...readDocumented('Reason')].filter((reason) => reason !== 'Evicted');
    expect(ours.filter((reason) => !reasons.has(reason))).toEqual([]);
  });
});
