import { type DescMessage, fromBinary, type MessageShape, toBinary } from '@bufbuild/protobuf';

type Codec<D extends DescMessage, Side extends string> = Record<
  `${Side}Serialize`,
  (message: MessageShape<D>) => Buffer
> &
  Record<`${Side}Deserialize`, (bytes: Buffer) => MessageShape<D>>;

/** How messages of a side of a method become bytes, and back, in the terms of the gRPC library. */
export function codec<D extends DescMessage, Side extends string>(
  schema: D,
  side: Side,
): Codec<D, Side> {
  return {
    [`${side}Serialize`]: (message: MessageShape<D>) => {
      const { buffer, byteOffset, byteLength } = toBinary(schema, message);
      return Buffer.from(buffer, byteOffset, byteLength);
    },
    [`${side}Deserialize`]: (bytes: Buffer) => fromBinary(schema, bytes),
  } as Codec<D, Side>;
}
