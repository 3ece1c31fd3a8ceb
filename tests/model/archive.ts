// Archives made by hand, as small as they can be.
import { crc32 } from "node:zlib";

/** A zip of stored files (APPNOTE.TXT 4.3), by name. */
export function zipOf(files: Readonly<Record<string, string | Uint8Array>>): Buffer {
  const locals: Buffer[] = [];
  const entries: Buffer[] = [];
  let at = 0;
  for (const [name, content] of Object.entries(files)) {
    const body = Buffer.from(content as string);
    const sizes = Buffer.alloc(14);
    sizes.writeUInt32LE(crc32(body), 0);
    sizes.writeUInt32LE(body.length, 4);
    sizes.writeUInt32LE(body.length, 8);
    sizes.writeUInt16LE(Buffer.byteLength(name), 12);
    const start = Buffer.alloc(4);
    start.writeUInt32LE(at);
    const local = Buffer.concat([
      hex("504b03041400000000000000 0000"),
      sizes,
      hex("0000"),
      Buffer.from(name),
      body,
    ]);
    const entry = [
      hex("504b0102140014000000000000000000"),
      sizes,
      Buffer.alloc(12),
      start,
      Buffer.from(name),
    ];
    locals.push(local);
    entries.push(...entry);
    at += local.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Object.keys(files).length, 8);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, directory, end]);
}

/** A tar (POSIX.1-2001, ustar) of small files. */
export function tarOf(files: Readonly<Record<string, string>>): Buffer {
  const blocks = Object.entries(files).flatMap(([name, content]) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write(content.length.toString(8).padStart(11, "0"), 124);
    header.write("0", 156);
    header.write("ustar\u000000", 257);
    return [header, Buffer.from(content.padEnd(Math.ceil(content.length / 512) * 512, "\0"))];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

function hex(digits: string): Buffer {
  return Buffer.from(digits.replaceAll(" ", ""), "hex");
}
