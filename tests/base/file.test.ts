import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fileSource } from "../../src/base/node/file.ts";
import { emptyFolder } from "../cli/modelyard.ts";
import { SEED } from "../seed.ts";
import { random } from "../serve/random.ts";

test("any range is what the file holds, in any order and at once", async () => {
  const seed = SEED;
  const next = random(seed);
  const bytes = Buffer.from(Array.from({ length: 300_000 }, () => Math.floor(next() * 256)));
  const path = join(emptyFolder(), "file.bin");
  writeFileSync(path, bytes);
  const source = await fileSource(path);
  try {
    const reads = Array.from({ length: 500 }, async (_, i) => {
      const length = Math.floor(next() ** 4 * 100_000);
      // Now one behind the other, as tensors lie, now anywhere, up to the last byte.
      const offset =
        i % 3 === 0 ? Math.floor(next() * (bytes.length - length)) : Math.min(i * 600, bytes.length - length);
      const got = await source.read(offset, length);
      expect(
        Buffer.compare(got, bytes.subarray(offset, offset + length)),
        `seed ${seed}, ${offset}+${length}`,
      ).toBe(0);
      got.fill(0);
    });
    await Promise.all(reads);
    expect(Buffer.compare(await source.read(bytes.length - 3, 3), bytes.subarray(-3))).toBe(0);
  } finally {
    await source.close();
  }
});

test("a file that is cut while it is open fails, and goes on where it is whole", async () => {
  const path = join(emptyFolder(), "file.bin");
  writeFileSync(path, Buffer.alloc(100_000, 7));
  const source = await fileSource(path);
  try {
    truncateSync(path, 50);
    await expect(source.read(60, 10)).rejects.toMatchObject({ code: "FILE_TRUNCATED" });
    await expect(source.read(20_000, 10)).rejects.toMatchObject({ code: "FILE_TRUNCATED" });
    writeFileSync(path, Buffer.alloc(100_000, 9));
    expect(await source.read(60, 2)).toEqual(Uint8Array.of(9, 9));
  } finally {
    await source.close();
  }
});
