/** What the choice needs to know. */
export interface LoadView {
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly inFlightTo: (gatewayId: string) => number;
}

/**
 * The same gateways, the less loaded of two that are picked at random in front. All callers that knew the least loaded
 * one would go there together; two at random spread nearly as well, and nobody has to know much.
 */
export function preferLessLoaded<G extends { readonly gatewayId: string }>(
  gateways: readonly G[],
  { random, inFlightTo }: LoadView,
): readonly G[] {
  const first = Math.floor(random() * gateways.length);
  const step = 1 + Math.floor(random() * (gateways.length - 1));
  const one = gateways[first];
  const two = gateways[(first + step) % gateways.length];
  if (one === undefined || two === undefined || one === two) return gateways;
  const chosen = inFlightTo(two.gatewayId) < inFlightTo(one.gatewayId) ? two : one;
  return [chosen, ...gateways.filter((gateway) => gateway !== chosen)];
}
