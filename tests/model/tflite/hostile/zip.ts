// Zip archives behind a flatbuffer, as TFLite Metadata has its label files (APPNOTE.TXT), whose sizes may lie.
import { crc32, deflateRawSync } from "node:zlib";

interface Entry {
  readonly name: string;
  /** Bytes of zeros that it holds. */
  readonly zeros: number;
  /** The size that it claims. */
  readonly unpacked?: number;
}

/** @param claims.entries the count that the end of the directory claims */
export function withZipBehind(
  file: Uint8Array,
  entries: readonly Entry[],
  claims: { readonly entries?: number } = {},
): Uint8Array<ArrayBuffer> {
  const parts: Buffer[] = [Buffer.from(file)];
  let at = file.length;
  const put = (part: Buffer) => {
    parts.push(part);
    at += part.length;
  };
  const directory: Buffer[] = [];
  for (const { name, zeros, unpacked = zeros } of entries) {
    const content = Buffer.alloc(zeros);
    const packed = deflateRawSync(content, { level: 9 });
    const sizes = Buffer.alloc(26);
    sizes.writeUInt16LE(20, 0);
    sizes.writeUInt16LE(8, 4);
    sizes.writeUInt32LE(crc32(content), 10);
    sizes.writeUInt32LE(packed.length, 14);
    sizes.writeUInt32LE(unpacked, 18);
    sizes.writeUInt16LE(name.length, 22);
    const start = at;
    put(Buffer.concat([Buffer.from("PK\u0003\u0004"), sizes, Buffer.from(name), packed]));
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(start, 10);
    directory.push(Buffer.concat([Buffer.from("PK\u0001\u0002\u0014\0"), sizes, tail, Buffer.from(name)]));
  }
  const start = at;
  for (const row of directory) put(row);
  const end = Buffer.alloc(18);
  const count = claims.entries ?? entries.length;
  end.writeUInt16LE(count, 4);
  end.writeUInt16LE(count, 6);
  end.writeUInt32LE(at - start, 8);
  end.writeUInt32LE(start, 12);
  put(Buffer.concat([Buffer.from("PK\u0005\u0006"), end]));
  return new Uint8Array(Buffer.concat(parts));
}
