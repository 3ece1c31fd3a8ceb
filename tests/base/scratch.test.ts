import { existsSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { makeScratch } from "../../src/base/node/index.ts";

afterEach(() => vi.unstubAllEnvs());

async function made(): Promise<string> {
  const folder = await makeScratch("trial");
  expect(existsSync(folder)).toBe(true);
  rmSync(folder, { recursive: true });
  return folder;
}

test("what is thrown away is written where the system has such things, each in a folder of its own", async () => {
  const [one, other] = [await made(), await made()];
  expect(dirname(one)).toBe(tmpdir());
  expect(one).not.toBe(other);
});

test("in a container whose root is read-only it is written into memory", async () => {
  vi.stubEnv("TMPDIR", "/proc/nowhere");
  if (process.platform === "linux") expect(dirname(await made())).toBe("/dev/shm");
  else await expect(makeScratch("trial")).rejects.toMatchObject({ code: "FILE_UNWRITABLE" });
});
