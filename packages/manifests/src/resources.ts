/** Lambda gives one CPU for so much memory. */
export const MB_PER_CPU = 1769;
const MIN_REQUEST_MILLICORES = 5;
const BOOST_MILLICORES = 1000;

/** CPU of a function in thousandths. */
export interface ComputedCpu {
  /** What it has when it runs. 128 MB: 73m. */
  readonly shareMillicores: number;
  /** What it has while it starts: at least one CPU. */
  readonly boostMillicores: number;
  /** What the scheduler sets aside. */
  readonly requestMillicores: number;
}

/** CPU follows memory; `requestRatio` of the share is asked of the scheduler, because functions idle most of the time. */
export function computeCpu(memorySizeMb: number, requestRatio: number): ComputedCpu {
  const shareMillicores = Math.ceil((memorySizeMb * 1000) / MB_PER_CPU);
  return {
    shareMillicores,
    boostMillicores: Math.max(BOOST_MILLICORES, shareMillicores),
    requestMillicores: Math.min(
      shareMillicores,
      Math.max(MIN_REQUEST_MILLICORES, Math.ceil(shareMillicores * requestRatio)),
    ),
  };
}

/** Requests and limits of a container. */
export interface ContainerResources {
  readonly requests: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
}

/** Of the function's container: boosted while it starts, its share from then on. */
export function makeFunctionResources(
  memorySizeMb: number,
  options: { readonly requestRatio: number; readonly isBoosted: boolean },
): ContainerResources {
  const cpu = computeCpu(memorySizeMb, options.requestRatio);
  const limit = options.isBoosted ? cpu.boostMillicores : cpu.shareMillicores;
  const memory = `${memorySizeMb.toString()}Mi`;
  return {
    requests: { cpu: `${cpu.requestMillicores.toString()}m`, memory },
    limits: { cpu: `${limit.toString()}m`, memory },
  };
}
