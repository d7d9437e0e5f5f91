/** A version of a layer, and where it lives. */
export interface LayerVersionReference {
  readonly region: string;
  /** 12 digits. */
  readonly accountId: string;
  readonly layerName: string;
  readonly version: number;
}

const LAYER_VERSION_ARN =
  /^arn:aws[a-zA-Z-]*:lambda:(?<region>[a-z0-9-]+):(?<accountId>\d{12}):layer:(?<layerName>[a-zA-Z0-9-_]+):(?<version>\d+)$/;

/** `arn:aws:lambda:<region>:<account>:layer:<name>[:<version>]`. */
export function makeLayerArn(
  location: Omit<LayerVersionReference, 'version'>,
  version?: number,
): string {
  const arn = `arn:aws:lambda:${location.region}:${location.accountId}:layer:${location.layerName}`;
  return version === undefined ? arn : `${arn}:${version.toString()}`;
}

/** Reads the ARN of a version of a layer; undefined when it is none. */
export function parseLayerVersionArn(arn: string): LayerVersionReference | undefined {
  const groups = LAYER_VERSION_ARN.exec(arn)?.groups;
  const { region, accountId, layerName, version } = groups ?? {};
  if (region === undefined || accountId === undefined || layerName === undefined) return undefined;
  return { region, accountId, layerName, version: Number(version) };
}
