import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makeFolder } from "../../src/base/node/index.ts";

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "modelyard-folder-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test("a folder and those above it, also by several at once", async () => {
  const path = join(emptyFolder(), "a/b/c");
  await Promise.all(Array.from({ length: 8 }, () => makeFolder(path)));
  expect(statSync(path).isDirectory()).toBe(true);
  await makeFolder(path);
});

test("a file in the way is named", async () => {
  const file = join(emptyFolder(), "file");
  writeFileSync(file, "");
  for (const path of [file, join(file, "a/b")])
    await expect(makeFolder(path)).rejects.toMatchObject({ code: "FILE_UNWRITABLE", where: path });
});

test("where the system makes no folder for anybody, that is said at once", async (context) => {
  if (process.platform !== "linux") return context.skip("needs Linux's /proc/sys");
  const path = "/proc/sys/modelyard/a/b";
  await expect(makeFolder(path)).rejects.toMatchObject({ code: "FILE_UNWRITABLE", where: path });
});
