import { crc32, deflateRawSync } from 'node:zlib';

/** An entry as a hostile or broken tool would write it: nothing is checked. */
export interface RawEntry {
  readonly name: string;
  readonly content?: string | Buffer;
  /** Unix mode with type bits. */
  readonly mode?: number;
  readonly isDeflated?: boolean;
  readonly flags?: number;
  readonly method?: number;
  readonly checksum?: number;
  /** What the headers say about the unpacked size. */
  readonly declaredBytes?: number;
  readonly versionMadeBy?: number;
}

/** Archive with exactly these entries, byte for byte. */
export function makeRawZip(entries: readonly RawEntry[]): Buffer {
  const locals: Buffer[] = [];
  const records: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const { local, record } = makeEntry(entry, offset);
    locals.push(local);
    records.push(record);
    offset += local.length;
  }
  const directory = Buffer.concat(records);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

function makeEntry(entry: RawEntry, offset: number): { local: Buffer; record: Buffer } {
  const name = Buffer.from(entry.name);
  const content = Buffer.from(entry.content ?? '');
  const data = entry.isDeflated === true ? deflateRawSync(content) : content;
  const shared = Buffer.alloc(26);
  shared.writeUInt16LE(20, 0);
  shared.writeUInt16LE(entry.flags ?? 0x800, 2);
  shared.writeUInt16LE(entry.method ?? (entry.isDeflated === true ? 8 : 0), 4);
  shared.writeUInt32LE(entry.checksum ?? crc32(content), 10);
  shared.writeUInt32LE(data.length, 14);
  shared.writeUInt32LE(entry.declaredBytes ?? content.length, 18);
  shared.writeUInt16LE(name.length, 22);

  const local = Buffer.concat([Buffer.from([0x50, 0x4b, 3, 4]), shared, name, data]);
  const head = Buffer.alloc(6);
  head.writeUInt32LE(0x02014b50, 0);
  head.writeUInt16LE(((entry.versionMadeBy ?? 3) << 8) | 20, 4);
  const tail = Buffer.alloc(14);
  tail.writeUInt32LE(((entry.mode ?? 0o100_644) << 16) >>> 0, 6);
  tail.writeUInt32LE(offset, 10);
  return { local, record: Buffer.concat([head, shared, tail, name]) };
}
