import { execFile } from 'node:child_process';
import { cpSync, globSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { zipInline } from '@mayfly/code';
import { makeRawZip } from '@mayfly/code/testing';
import { hasProgram } from './compiled-clients.ts';
import { useDirectory } from './platform.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const CONFIGURATION = path.join(ROOT, 'test/conformance/clients/terraform');
const PLUGINS = path.join(ROOT, '.cache/terraform-plugins');
const COMMAND_TIMEOUT_MS = 200_000;

/** Where machines without a network have their plugins. Terraform itself looks into the last two only when told nothing else. */
const MIRRORS = [
  '/opt/*',
  '/usr/local/share/terraform/plugins',
  '/usr/share/terraform/plugins',
].map((folder) => `${folder}/registry.terraform.io/hashicorp/aws`);

/** What `plan` says of it: nothing to do, an error, something to do. */
const PLAN_RESULTS = ['empty', 'failed', 'changes'] as const;

/** How a command ended. */
interface CommandResult {
  readonly exitCode: number;
  readonly output: string;
}

/** A plan, and whether it changes anything. */
export interface Plan {
  readonly result: (typeof PLAN_RESULTS)[number] | undefined;
  readonly output: string;
}

/** A folder with the configuration of `test/conformance/clients/terraform`, at one of its steps. */
export interface Terraform {
  apply(step: number): Promise<void>;
  plan(step: number): Promise<Plan>;
  destroy(step: number): Promise<void>;
  /** What the last `apply` answered, by name. */
  outputs(): Promise<Readonly<Record<string, unknown>>>;
}

/** The one that is installed. */
export async function findTerraform(): Promise<string | undefined> {
  for (const name of ['terraform', 'tofu']) if (await hasProgram(name)) return name;
  return undefined;
}

/** A function that answers with its variable and the event, in a language that every machine has. */
const ECHO = `#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
headers="$TMPDIR/headers"
while :; do
  event=$(curl -sS -D "$headers" "$api/next") || exit 1
  id=$(tr -d '\\r' < "$headers" | sed -n 's/^[Ll]ambda-[Rr]untime-[Aa]ws-[Rr]equest-[Ii]d: //p')
  curl -sS -o /dev/null -X POST "$api/$id/response" -d "{\\"stage\\":\\"$STAGE\\",\\"event\\":$event}"
done
`;

/** Undefined when the provider cannot be had: there is no network, and no mirror of it. */
export async function useTerraform(
  program: string,
  gatewayUrl: string,
): Promise<Terraform | undefined> {
  const directory = useDirectory();
  cpSync(CONFIGURATION, directory, { recursive: true });
  await writeArchives(directory);
  const variables = [`-var=endpoint=${gatewayUrl}`];
  const run = (...args: string[]): Promise<CommandResult> => runCommand(program, args, directory);
  const change = async (command: string, step: number): Promise<void> => {
    const asked = [`-var=step=${step.toString()}`, '-auto-approve', '-input=false', '-no-color'];
    expectDone(await run(command, ...variables, ...asked));
  };
  const { exitCode, output } = await run('init', ...toPluginDir(), '-input=false', '-no-color');
  if (output.includes('query available provider packages')) return undefined;
  expectDone({ exitCode, output });
  return {
    apply: (step) => change('apply', step),
    destroy: (step) => change('destroy', step),
    plan: async (step) => {
      const asked = [`-var=step=${step.toString()}`, '-detailed-exitcode', '-no-color'];
      const plan = await run('plan', ...variables, ...asked, '-input=false');
      return { result: PLAN_RESULTS[plan.exitCode], output: plan.output };
    },
    outputs: async () => toOutputs(expectDone(await run('output', '-json'))),
  };
}

/** Of a mirror on this machine: there the provider need not be downloaded, and what is there is taken. */
function toPluginDir(): readonly string[] {
  const [mirror] = globSync(MIRRORS);
  return mirror === undefined ? [] : [`-plugin-dir=${path.resolve(mirror, '../../..')}`];
}

async function writeArchives(directory: string): Promise<void> {
  for (const step of [1, 2]) {
    const source = `${ECHO}# ${step.toString()}\n`;
    const archive = await zipInline({ runtime: 'provided.al2023', handler: 'bootstrap', source });
    writeFileSync(path.join(directory, `code-${step.toString()}.zip`), archive);
  }
  const layer = makeRawZip([{ name: 'data.txt', content: 'some data' }]);
  writeFileSync(path.join(directory, 'layer.zip'), layer);
}

function expectDone({ exitCode, output }: CommandResult): string {
  if (exitCode !== 0) throw new Error(`terraform ended with ${exitCode.toString()}: ${output}`);
  return output;
}

function toOutputs(json: string): Readonly<Record<string, unknown>> {
  const outputs = JSON.parse(json) as Record<string, { readonly value: unknown }>;
  return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
}

/** Where plugins come from is the user's setting; what is downloaded is kept for the next time. */
async function runCommand(
  program: string,
  args: readonly string[],
  cwd: string,
): Promise<CommandResult> {
  mkdirSync(PLUGINS, { recursive: true });
  const env = {
    ...process.env,
    CHECKPOINT_DISABLE: '1',
    TF_IN_AUTOMATION: '1',
    TF_PLUGIN_CACHE_DIR: PLUGINS,
    TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE: '1',
    AWS_EC2_METADATA_DISABLED: 'true',
    NO_PROXY: '*',
  };
  const { promise, resolve } = Promise.withResolvers<CommandResult>();
  const options = { cwd, env, timeout: COMMAND_TIMEOUT_MS, maxBuffer: 2 ** 26 };
  const child = execFile(program, args, options, (_error, stdout, stderr) => {
    resolve({
      exitCode: child.exitCode ?? -1,
      output: stdout + (args[0] === 'output' ? '' : stderr),
    });
  });
  return promise;
}
