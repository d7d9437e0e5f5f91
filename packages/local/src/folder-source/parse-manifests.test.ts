import { describe, it } from 'vitest';
import { formatManifestProblem } from './manifest-problem.ts';
import { parseManifests } from './parse-manifests.ts';

const HELLO = `apiVersion: mayfly.dev/v1alpha1
kind: Function
metadata:
  name: hello
spec:
  runtime: nodejs24.x
  handler: index.handler
  code:
    inline: 'export const handler = async () => 1'
`;

function problemsOf(text: string): readonly string[] {
  return parseManifests(text, 'fn.yaml').problems.map(formatManifestProblem);
}

describe('parseManifests', () => {
  it('reads every document of a file, with the line where it begins', ({ expect }) => {
    const text = `# two\n---\n${HELLO}---\n# nothing\n---\n${HELLO.replace('hello', 'second')}---\n`;
    const { manifests, objects, problems } = parseManifests(text, 'fn.yaml');
    expect(problems).toEqual([]);
    expect(objects.map(({ metadata }) => metadata)).toEqual([
      { name: 'hello', namespace: 'default' },
      { name: 'second', namespace: 'default' },
    ]);
    expect(manifests.map(({ line }) => line)).toEqual([3, 15]);
  });

  it('says nothing of an empty file', ({ expect }) => {
    for (const text of ['', '\n\n', '# only words\n', '---\n---\n']) {
      expect(parseManifests(text, 'fn.yaml')).toEqual({ objects: [], manifests: [], problems: [] });
    }
  });

  it('names file, line, field and reason of a value that is refused', ({ expect }) => {
    expect(problemsOf(`${HELLO}  timeout: 1000\n`)).toEqual([
      'fn.yaml:10: spec.timeout: must be at most 900 (got 1000)',
    ]);
  });

  it('names every problem of every document at once', ({ expect }) => {
    const text = `${HELLO}  timeout: 1000\n  memorySize: 1\n---\n${HELLO.replace('name: hello', 'nme: hello')}`;
    expect(problemsOf(text)).toEqual([
      expect.stringMatching(/^fn\.yaml:10: spec\.timeout: /),
      expect.stringMatching(/^fn\.yaml:11: spec\.memorySize: /),
      'fn.yaml:15: metadata.name: is required',
      'fn.yaml:16: metadata.nme: unknown field "nme"',
    ]);
  });

  it('keeps the good documents of a file with a bad one', ({ expect }) => {
    const { objects } = parseManifests(`${HELLO}---\n${HELLO}  timeout: 0\n`, 'fn.yaml');
    expect(objects).toHaveLength(1);
  });

  it('refuses unknown fields by name, wherever they are', ({ expect }) => {
    expect(problemsOf(`${HELLO}  tiemout: 1\n`)).toEqual([
      'fn.yaml:10: spec.tiemout: unknown field "tiemout"; did you mean "timeout"?',
    ]);
    expect(problemsOf(`${HELLO}sepc: 1\n`)).toEqual(['fn.yaml:10: sepc: unknown field "sepc"']);
  });

  it('names the line of a syntax error and takes nothing from the file', ({ expect }) => {
    const { objects, problems } = parseManifests(`${HELLO}---\nkind: [\n`, 'fn.yaml');
    expect(objects).toEqual([]);
    expect(problems.map(formatManifestProblem)[0]).toMatch(/^fn\.yaml:1\d: is no YAML: /);
    expect(problemsOf('a: 1\na: 2\n')).toEqual(['fn.yaml:2: is no YAML: Map keys must be unique']);
    expect(problemsOf('a: *nobody\n')[0]).toMatch(/^fn\.yaml:1: .*nobody/);
  });

  it('refuses other kinds, other groups and other namespaces', ({ expect }) => {
    expect(problemsOf(HELLO.replace('kind: Function', 'kind: Deployment'))).toEqual([
      'fn.yaml:2: kind: must be one of Function, Version, Alias, EventSourceMapping, LayerVersion, CodeSigningConfig (got "Deployment")',
    ]);
    expect(problemsOf(HELLO.replace('mayfly.dev/v1alpha1', 'apps/v1'))).toEqual([
      'fn.yaml:1: apiVersion: must be mayfly.dev/v1alpha1 (got "apps/v1")',
    ]);
    expect(problemsOf(HELLO.replace('name: hello', 'name: hello\n  namespace: prod'))).toEqual([
      'fn.yaml:5: metadata.namespace: the embedded mode serves one namespace, default (got "prod")',
    ]);
    expect(problemsOf('- a\n- b\n')).toEqual([
      'fn.yaml:1: must be a mapping with apiVersion, kind, …',
    ]);
    expect(problemsOf('just words')).toHaveLength(1);
  });

  it('refuses a name that is no Kubernetes name and labels that are no strings', ({ expect }) => {
    expect(problemsOf(HELLO.replace('hello', 'Hello_World'))[0]).toMatch(
      /^fn\.yaml:4: metadata\.name: must be lower-case/,
    );
    expect(problemsOf(HELLO.replace('name: hello', 'name: hello\n  labels: {a: 1}'))).toEqual([
      'fn.yaml:5: metadata.labels.a: must be a string: put it in quotes (got 1)',
    ]);
  });

  it('makes the path of the code absolute, from the folder of the manifest', ({ expect }) => {
    const text = HELLO.replace(/inline: .*/, 'zip: { path: ./src }');
    const { manifests } = parseManifests(text, 'fn.yaml', { baseDirectory: '/functions/hello' });
    expect(manifests[0]?.codePath).toBe('/functions/hello/src');
    expect(manifests[0]?.object.spec).toMatchObject({
      code: { zip: { path: '/functions/hello/src' } },
    });
  });

  it('takes an object back as it was read', ({ expect }) => {
    const text = `${HELLO.replace('name: hello', 'name: hello\n  uid: x\n  resourceVersion: "4"')}status: {state: Active}\n`;
    const { objects, problems } = parseManifests(text, 'fn.yaml');
    expect(problems).toEqual([]);
    expect(objects[0]?.metadata).toEqual({ name: 'hello', namespace: 'default' });
  });

  it('survives anchors that would expand to gigabytes', ({ expect }) => {
    const levels = Array.from(
      { length: 12 },
      (_, i) =>
        `l${(i + 1).toString()}: &l${(i + 1).toString()} [${`*l${i.toString()},`.repeat(10)}]`,
    );
    expect(problemsOf(`l0: &l0 x\n${levels.join('\n')}\n`)[0]).toContain('fn.yaml:1: ');
  });
});
