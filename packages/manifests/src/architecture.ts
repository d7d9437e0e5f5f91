/** Instruction sets, as Lambda names them. */
export type Architecture = 'x86_64' | 'arm64';

/** Label of nodes. */
export const ARCHITECTURE_LABEL = 'kubernetes.io/arch';

/** The same instruction sets, as nodes name them. */
export const NODE_ARCHITECTURES: Readonly<Record<Architecture, string>> = {
  x86_64: 'amd64',
  arm64: 'arm64',
};

/** The instruction set that a function's pods need. */
export function architectureOf(
  { architectures }: { readonly architectures?: readonly Architecture[] | undefined },
  { defaultArchitecture = 'x86_64' }: { readonly defaultArchitecture?: Architecture },
): Architecture {
  return architectures?.[0] ?? defaultArchitecture;
}
