const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

// Every pod has them, and no function of Lambda does.
const CLUSTER_VARIABLES = [
  'KUBERNETES_SERVICE_HOST',
  'KUBERNETES_SERVICE_PORT',
  'KUBERNETES_SERVICE_PORT_HTTPS',
  'KUBERNETES_PORT',
  'KUBERNETES_PORT_443_TCP',
  'KUBERNETES_PORT_443_TCP_PROTO',
  'KUBERNETES_PORT_443_TCP_PORT',
  'KUBERNETES_PORT_443_TCP_ADDR',
];

/** What the supervisor makes a runtime of. */
export interface RuntimeScript {
  readonly variables: Readonly<Record<string, string>>;
  readonly isPreset: (name: string) => boolean;
  readonly workingDirectory: string;
  readonly command: readonly string[];
}

/**
 * The shell text that the supervisor sources before it starts a runtime: directory, variables, command. The
 * image's own variables stay unless the function has one of that name.
 */
export function formatVariables(script: RuntimeScript): string {
  const exports = pickSettable(script.variables).map(([name, value]) =>
    formatExport(name, value, script.isPreset(name)),
  );
  return [
    `cd ${quote(script.workingDirectory)}`,
    `unset ${CLUSTER_VARIABLES.join(' ')}`,
    ...exports,
    `set -- ${script.command.map(quote).join(' ')}`,
    '',
  ].join('\n');
}

/** Those that a process can be started with by a shell, as they come out of it. */
export function pickSettable(
  variables: Readonly<Record<string, string>>,
): readonly (readonly [string, string])[] {
  return (
    Object.entries(variables)
      // What is no name in a shell cannot be set by one.
      .filter(([name]) => NAME.test(name))
      // A NUL byte cannot be in a variable.
      .map(([name, value]) => [name, value.replaceAll('\0', '')] as const)
  );
}

// `command`, so that a variable that this shell keeps for itself (UID in bash) does not end it.
function formatExport(name: string, value: string, isPreset: boolean): string {
  const assignment = `command export ${name}=${quote(value)}`;
  return isPreset ? `[ -n "\${${name}+x}" ] || ${assignment}` : assignment;
}

/** One word of a shell, whatever its characters are. */
export function quote(text: string): string {
  // A NUL byte cannot be in a word.
  return `'${text.replaceAll('\0', '').replaceAll("'", String.raw`'\''`)}'`;
}
