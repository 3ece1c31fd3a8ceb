// Zip archives: what Python's zipfile wrote and reads is read the same, whatever stands in front of it, in few bytes; what
// lies, overlaps or would unpack without end is refused.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { isModelyardError } from "../../src/base/errors/index.ts";
import { bufferModelSource, bufferSource } from "../../src/base/sources/index.ts";
import {
  hasZip,
  readZipDirectory,
  readZipEntry,
  type ZipEntry,
  zipEntrySource,
} from "../../src/model/wire/index.ts";
import { codeOf, counted, openBytes } from "./files.ts";

const FOLDER = join(import.meta.dirname, "../fixtures/zip");
const LIMIT = 100_000;

interface Written {
  size: number;
  packed: number;
  method: number;
  crc32: number;
  offset: number;
  hex: string;
}
const ANSWERS = JSON.parse(readFileSync(join(FOLDER, "zip.json"), "utf8")) as Record<
  string,
  Record<string, Written>
>;

const fixture = (name: string) => readFileSync(join(FOLDER, name));
const entryOf = async (bytes: Uint8Array, name: string) =>
  (await readZipDirectory(bufferSource(bytes))).find((entry) => entry.name === name) as ZipEntry;

test("every archive of the folder has its answers", () => {
  const archives = readdirSync(FOLDER).filter((name) => /\.(zip|tflite)$/.test(name));
  expect(archives.sort()).toEqual(Object.keys(ANSWERS).sort());
});

test.each(Object.entries(ANSWERS))("%s is listed and read as Python does", async (name, answers) => {
  const source = bufferSource(fixture(name), name);
  expect(await hasZip(source)).toBe(true);
  const entries = await readZipDirectory(source);
  expect(entries.map((entry) => entry.name)).toEqual(Object.keys(answers));
  for (const entry of entries) {
    const { hex, ...facts } = answers[entry.name] as Written;
    expect(entry).toMatchObject({ ...facts, encrypted: false });
    if (entry.method === 12) {
      expect(await codeOf(readZipEntry(source, entry, { limit: LIMIT }))).toBe("MODEL_ZIP_METHOD");
      continue;
    }
    const bytes = await readZipEntry(source, entry, { limit: LIMIT });
    expect(Buffer.from(bytes).toString("hex")).toBe(hex);
    if (entry.method !== 0) {
      expect(await codeOf(zipEntrySource(source, entry))).toBe("MODEL_ZIP_METHOD");
      continue;
    }
    const part = await zipEntrySource(source, entry);
    expect(part.size).toBe(entry.size);
    if (part.size < 10) continue;
    expect(Buffer.from(await part.read(3, 5)).toString("hex")).toBe(hex.slice(6, 16));
    expect(await codeOf(part.read(part.size - 2, 3))).toBe("FILE_TRUNCATED");
  }
});

test("of a large archive only its end and its directory are read, then what is asked for", async () => {
  const big = Buffer.concat([Buffer.alloc(10_000_000), fixture("stored.zip")]);
  const { main, read } = counted(bufferModelSource(big));
  const entries = await readZipDirectory(main);
  expect(entries.length).toBe(4);
  expect(read().total).toBeLessThan(1_000);
  await (await zipEntrySource(main, entries[0] as ZipEntry)).read(0, 4);
  expect(read().total).toBeLessThan(1_100);
});

test("a comment that looks like the end of another archive is a comment", async () => {
  const comment = Buffer.concat([fixture("nothing.zip"), Buffer.from("and more")]);
  const bytes = Buffer.concat([fixture("stored.zip"), comment]);
  bytes.writeUInt16LE(comment.length, bytes.length - comment.length - 2);
  expect(await readZipDirectory(bufferSource(bytes))).toHaveLength(4);
});

test("what ends in no zip is none", async () => {
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.alloc(21),
    Buffer.alloc(100_000, 0x50),
    fixture("stored.zip").subarray(0, -1),
  ]) {
    expect(await hasZip(bufferSource(bytes))).toBe(false);
    expect(await codeOf(readZipDirectory(bufferSource(bytes)))).toBe("MODEL_ZIP_DAMAGED");
  }
});

/** Where the fields of the fixtures' first entry lie in the directory, and of their end record from the end. */
function places(bytes: Buffer) {
  const end = bytes.length - 22;
  return { end, first: bytes.readUInt32LE(end + 16) };
}

/** Damages to stored.zip or deflated.zip that the directory shows. */
const LISTED: readonly (readonly [string, (bytes: Buffer) => void])[] = [
  ["an archive of several disks", (bytes) => bytes.writeUInt16LE(1, places(bytes).end + 4)],
  ["more entries than there is room for", (bytes) => bytes.writeUInt16LE(60_000, places(bytes).end + 10)],
  ["one entry too many", (bytes) => bytes.writeUInt16LE(5, places(bytes).end + 10)],
  ["a directory larger than the file", (bytes) => bytes.writeUInt32LE(1e9, places(bytes).end + 12)],
  ["a directory behind its end", (bytes) => bytes.writeUInt32LE(1e9, places(bytes).end + 16)],
  ["no signature", (bytes) => bytes.writeUInt8(0, places(bytes).first)],
  ["a name past the end", (bytes) => bytes.writeUInt16LE(60_000, places(bytes).first + 28)],
  ["an entry that overlaps the next", (bytes) => bytes.writeUInt32LE(500, places(bytes).first + 20)],
  ["an entry past the end", (bytes) => bytes.writeUInt32LE(1e9, places(bytes).first + 42)],
  [
    "two entries of the same bytes",
    (bytes) => {
      const second = places(bytes).first + 46 + "labels.txt".length;
      bytes.writeUInt32LE(0, second + 42);
    },
  ],
  [
    "two entries of one name",
    (bytes) => {
      const second = places(bytes).first + 46 + "labels.txt".length;
      bytes.writeUInt16LE(10, second + 28);
      bytes.write("labels.txt", second + 46);
      bytes.writeUInt16LE(4, second + 30);
    },
  ],
];

test.each(LISTED)("%s: refused", async (_what, damage) => {
  const bytes = Buffer.from(fixture("stored.zip"));
  damage(bytes);
  await expect(readZipDirectory(bufferSource(bytes))).rejects.toMatchObject({
    code: "MODEL_ZIP_DAMAGED",
    where: expect.stringMatching(/^buffer, byte \d+$/),
  });
});

/** Damages that only reading the entry shows. */
const READ: readonly (readonly [string, string, (bytes: Buffer) => void, string])[] = [
  ["another local size", "stored.zip", (bytes) => bytes.writeUInt32LE(3, 22), "MODEL_ZIP_DAMAGED"],
  ["another local method", "stored.zip", (bytes) => bytes.writeUInt16LE(8, 8), "MODEL_ZIP_DAMAGED"],
  ["no local signature", "stored.zip", (bytes) => bytes.writeUInt8(0, 0), "MODEL_ZIP_DAMAGED"],
  ["a local name past the entry", "stored.zip", (bytes) => bytes.writeUInt16LE(900, 26), "MODEL_ZIP_DAMAGED"],
  ["another byte", "stored.zip", (bytes) => bytes.writeUInt8(0, 60), "MODEL_ZIP_DAMAGED"],
  [
    "a stored file whose sizes differ",
    "stored.zip",
    (bytes) => bytes.writeUInt32LE(3, places(bytes).first + 24),
    "MODEL_ZIP_DAMAGED",
  ],
  [
    "an encrypted file",
    "stored.zip",
    (bytes) => bytes.writeUInt16LE(1, places(bytes).first + 8),
    "MODEL_ZIP_ENCRYPTED",
  ],
  ["deflated bytes that are none", "deflated.zip", (bytes) => bytes.fill(0xff, 40, 50), "MODEL_ZIP_DAMAGED"],
  [
    "a size that its packed bytes cannot give",
    "deflated.zip",
    (bytes) => {
      bytes.writeUInt32LE(99_000, places(bytes).first + 24);
      bytes.writeUInt32LE(99_000, 22);
    },
    "MODEL_ZIP_DAMAGED",
  ],
  [
    "more bytes than stated",
    "deflated.zip",
    (bytes) => {
      bytes.writeUInt32LE(300, places(bytes).first + 24);
      bytes.writeUInt32LE(300, 22);
    },
    "MODEL_ZIP_DAMAGED",
  ],
  [
    "fewer bytes than stated",
    "deflated.zip",
    (bytes) => {
      bytes.writeUInt32LE(330, places(bytes).first + 24);
      bytes.writeUInt32LE(330, 22);
    },
    "MODEL_ZIP_DAMAGED",
  ],
];

test.each(READ)("%s: refused when it is read", async (_what, name, damage, code) => {
  const bytes = Buffer.from(fixture(name));
  damage(bytes);
  const entry = await entryOf(bytes, "labels.txt");
  await expect(readZipEntry(bufferSource(bytes), entry, { limit: LIMIT })).rejects.toMatchObject({
    code,
    where: expect.stringMatching(/^buffer, byte \d+$/),
  });
});

test("a file over the caller's limit is refused before anything is unpacked", async () => {
  const bytes = fixture("deflated.zip");
  const entry = await entryOf(bytes, "labels.txt");
  expect(await codeOf(readZipEntry(bufferSource(bytes), entry, { limit: 319 }))).toBe("MODEL_ZIP_TOO_LARGE");
  expect((await readZipEntry(bufferSource(bytes), entry, { limit: 320 })).length).toBe(320);
});

/** One deflated file, written by hand (APPNOTE 4.3), with the stated size. */
function bomb(packed: Buffer, size: number, name = "x"): Buffer {
  const local = Buffer.alloc(30 + name.length);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(8, 8);
  local.writeUInt32LE(packed.length, 18);
  local.writeUInt32LE(size, 22);
  local.writeUInt16LE(name.length, 26);
  local.write(name, 30);
  const entry = Buffer.alloc(46 + name.length);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(8, 10);
  entry.writeUInt32LE(packed.length, 20);
  entry.writeUInt32LE(size, 24);
  entry.writeUInt16LE(name.length, 28);
  entry.write(name, 46);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(entry.length, 12);
  end.writeUInt32LE(local.length + packed.length, 16);
  return Buffer.concat([local, packed, entry, end]);
}

test("what unpacks into far more than it says is left when it has given that much", async () => {
  const packed = deflateRawSync(Buffer.alloc(200_000_000));
  const bytes = bomb(packed, 1_000);
  const before = process.memoryUsage().arrayBuffers;
  const { main, read } = counted(bufferModelSource(bytes));
  const [entry] = await readZipDirectory(main);
  expect(await codeOf(readZipEntry(main, entry as ZipEntry, { limit: LIMIT }))).toBe("MODEL_ZIP_DAMAGED");
  // Compressed pieces are read as they are used up: 64 kB of 194.
  expect(read().total).toBeLessThan(packed.length);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100_000_000);
});

test("a model that would take far more memory than its bundle is refused before it is unpacked", async () => {
  const size = 300_000_000;
  const bundle = bomb(deflateRawSync(Buffer.alloc(size)), size, "zeros.tflite");
  expect(bundle.length).toBeLessThan(500_000);
  const before = process.memoryUsage().arrayBuffers;
  expect(await codeOf(openBytes(bundle, {}, "zeros.task"))).toBe("MODEL_ZIP_TOO_LARGE");
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100_000_000);
});

test("a directory without end is refused by its size", async () => {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(70 * 2 ** 20, 12);
  const source = {
    name: "big.zip",
    size: 100 * 2 ** 20,
    read: async (offset: number, length: number) =>
      offset + length === 100 * 2 ** 20 && length === 22 ? end : Buffer.alloc(length),
    async close() {},
  };
  expect(await codeOf(readZipDirectory(source))).toBe("MODEL_ZIP_TOO_LARGE");
});

test("a zip64 that points nowhere is refused", async () => {
  const bytes = Buffer.from(fixture("zip64.zip"));
  const locator = bytes.length - 22 - 20;
  bytes.writeUInt8(0, locator - 56);
  expect(await codeOf(readZipDirectory(bufferSource(bytes)))).toBe("MODEL_ZIP_DAMAGED");
  bytes.writeUInt8(0x50, locator - 56);
  bytes.fill(0xff, locator - 56 + 40, locator - 56 + 56);
  expect(await codeOf(readZipDirectory(bufferSource(bytes)))).toBe("MODEL_ZIP_DAMAGED");
});

describe.each(["stored.zip", "deflated.zip", "piped.zip", "zip64.zip"])(
  "%s with one byte changed",
  (name) => {
    test("reads as it is, or is refused with a code", async () => {
      const whole = fixture(name);
      for (let at = 0; at < whole.length; at++) {
        const bytes = Buffer.from(whole);
        bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (at % 8)), at);
        const source = bufferSource(bytes);
        try {
          for (const entry of await readZipDirectory(source)) {
            const content = Buffer.from(await readZipEntry(source, entry, { limit: LIMIT })).toString("hex");
            const known = Object.values(ANSWERS[name] as Record<string, Written>).map(({ hex }) => hex);
            expect(known, `byte ${at}`).toContain(content);
          }
        } catch (error) {
          if (!isModelyardError(error) || error.code === "INTERNAL") throw error;
        }
      }
    });
  },
);
