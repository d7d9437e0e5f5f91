import { pathUrl } from '../../e2e/helpers/cluster.ts';

const CALL_DEADLINE_MS = 120_000;

/** The manifest of a Function that always gives this answer, as it would be in Git. */
export function aFunctionInGit(
  name: string,
  answer: string,
  {
    spec = {},
    annotations = {},
  }: { readonly spec?: object; readonly annotations?: Readonly<Record<string, string>> } = {},
): object {
  return {
    apiVersion: 'mayfly.dev/v1alpha1',
    kind: 'Function',
    metadata: { name, annotations },
    spec: {
      runtime: 'nodejs24.x',
      handler: 'index.handler',
      code: { inline: `exports.handler = async () => ${JSON.stringify(answer)};` },
      url: { authType: 'NONE' },
      ...spec,
    },
  };
}

/** Calls a function by its URL: the Lambda API shows those of one namespace only. */
export async function callByUrl(
  name: string,
  namespace: string,
): Promise<{ readonly status: number; readonly body: string }> {
  const response = await fetch(pathUrl(name, namespace), {
    signal: AbortSignal.timeout(CALL_DEADLINE_MS),
  });
  return { status: response.status, body: await response.text() };
}

/** Throws unless the function gives this answer. */
export async function expectAnswer(name: string, namespace: string, answer: string): Promise<void> {
  const { status, body } = await callByUrl(name, namespace);
  if (body !== answer) throw new Error(`${name} answers ${String(status)} ${body}`);
}
