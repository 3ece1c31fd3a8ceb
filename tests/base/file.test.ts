import { truncateSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
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

test("small reads far apart read little more than they ask for, those beside each other few times", async () => {
  const path = join(emptyFolder(), "file.bin");
  writeFileSync(path, Buffer.alloc(4_000_000, 7));
  const handle = await open(path);
  const reads = vi.spyOn(Object.getPrototypeOf(handle), "read");
  const source = await fileSource(path);
  try {
    for (let at = 0; at < 4_000_000; at += 200_000) await source.read(at, 512);
    const bytes = await Promise.all(
      reads.mock.results.map(async ({ value }) => ((await value) as { bytesRead: number }).bytesRead),
    );
    expect(bytes).toHaveLength(20);
    expect(Math.max(...bytes)).toBeLessThanOrEqual(1_024);
    reads.mockClear();
    for (let at = 0; at < 1_000_000; at += 500) await source.read(at, 500);
    expect(reads.mock.calls.length).toBeLessThan(30);
  } finally {
    reads.mockRestore();
    await source.close();
    await handle.close();
  }
});
