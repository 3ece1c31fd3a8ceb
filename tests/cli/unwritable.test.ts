// Folders that nothing can be put into: said in words, with what to do, and never as a defect of the program.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MNIST } from "../pipeline/models-folder.ts";
import { emptyFolder, modelyard } from "./modelyard.ts";

/** Linux makes no folder here for anybody, and says that there is no such one. */
const NOWHERE = "/proc/sys/modelyard";

async function failure(...args: string[]): Promise<Record<string, string>> {
  const { code, stderr } = await modelyard([...args, "--json"]);
  expect(code, args.join(" ")).toBe(1);
  return JSON.parse(stderr).error;
}

test("a folder to pull into that is a file, or lies where none can be made", async (context) => {
  const file = join(emptyFolder(), "file");
  writeFileSync(file, "");
  expect(await failure("pull", MNIST, file)).toMatchObject({ code: "FILE_UNWRITABLE", where: file });
  if (process.platform !== "linux") return context.skip("needs Linux's /proc");
  const inside = join(NOWHERE, "models");
  expect(await failure("pull", MNIST, inside)).toMatchObject({ code: "FILE_UNWRITABLE", where: inside });
});

test("a file that is pulled into a folder is whole, and its digest is told, also from a path", async () => {
  const folder = join(emptyFolder(), "new/models");
  const { stdout } = await modelyard(["pull", MNIST, folder, "--json"]);
  const bytes = readFileSync(MNIST);
  const path = join(folder, "mnist-8.onnx");
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  expect(JSON.parse(stdout)).toEqual({ source: MNIST, path, sha256, bytes: bytes.byteLength });
  expect(readFileSync(path).equals(bytes)).toBe(true);
  expect(readdirSync(folder)).toEqual(["mnist-8.onnx"]);
  // Onto itself it is left as it is.
  await modelyard(["pull", path, folder]);
  expect(readFileSync(path).equals(bytes)).toBe(true);
});

test.each(["x", "", "0", "1.5"])(
  "predictions --limit %j is refused in the words it was given",
  async (limit) => {
    const error = await failure("predictions", "--data", emptyFolder(), "--limit", limit);
    expect(error).toMatchObject({ code: "STORE_QUERY", message: `${limit} is no limit to look for.` });
  },
);
