import { FUNCTION_COMPONENT, LABELS, MANAGED_BY } from './labels.ts';
import { FUNCTIONS_NETWORK_POLICY } from './names.ts';
import { AGENT_PORT } from './pod-settings.ts';

/** Where the platform itself runs, and how its pods are found. */
export interface PlatformPods {
  readonly systemNamespace: string;
  readonly gatewayLabels: Readonly<Record<string, string>>;
  readonly operatorLabels: Readonly<Record<string, string>>;
}

/** A NetworkPolicy to be applied. */
export interface NetworkPolicyManifest {
  readonly apiVersion: 'networking.k8s.io/v1';
  readonly kind: 'NetworkPolicy';
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** Where clouds hand out the credentials of their machines. */
const METADATA_ADDRESSES = { ipv4: '169.254.0.0/16', ipv6: 'fe80::/10' } as const;
const MAX_PORT = 65_535;
const SMTP_PORT = 25;
const DNS_PORT = 53;

/**
 * Makes the policy of execution environments in one namespace: gateways and the operator come in, by the agent's
 * port; out goes all but link-local addresses (the metadata of clouds) and port 25. Names are asked for at link-local
 * addresses too: of NodeLocal DNSCache (169.254.20.10), and of clouds; none hands out credentials by that port.
 */
export function makeFunctionsNetworkPolicy(
  namespace: string,
  platform: PlatformPods,
): NetworkPolicyManifest {
  const fromSystem = (matchLabels: Readonly<Record<string, string>>): unknown => ({
    namespaceSelector: {
      matchLabels: { 'kubernetes.io/metadata.name': platform.systemNamespace },
    },
    podSelector: { matchLabels },
  });
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: {
      name: FUNCTIONS_NETWORK_POLICY,
      namespace,
      labels: { [LABELS.managedBy]: MANAGED_BY },
    },
    spec: {
      podSelector: {
        matchLabels: {
          [LABELS.managedBy]: MANAGED_BY,
          [LABELS.component]: FUNCTION_COMPONENT,
        },
      },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        {
          from: [fromSystem(platform.gatewayLabels), fromSystem(platform.operatorLabels)],
          ports: [{ protocol: 'TCP', port: AGENT_PORT }],
        },
      ],
      egress: [
        { to: EVERYWHERE_ELSE, ports: EVERY_PORT_BUT_SMTP },
        { to: [{ ipBlock: { cidr: METADATA_ADDRESSES.ipv4 } }], ports: DNS },
      ],
    },
  };
}

const EVERYWHERE_ELSE = [
  { ipBlock: { cidr: '0.0.0.0/0', except: [METADATA_ADDRESSES.ipv4] } },
  { ipBlock: { cidr: '::/0', except: [METADATA_ADDRESSES.ipv6] } },
] as const;

const EVERY_PORT_BUT_SMTP = [
  { protocol: 'TCP', port: 1, endPort: SMTP_PORT - 1 },
  { protocol: 'TCP', port: SMTP_PORT + 1, endPort: MAX_PORT },
  { protocol: 'UDP', port: 1, endPort: MAX_PORT },
] as const;

const DNS = [
  { protocol: 'UDP', port: DNS_PORT },
  { protocol: 'TCP', port: DNS_PORT },
] as const;
