// Files that appear all at once, or not at all.
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, type TestContext, test } from "vitest";
import { openModelSink, openModelSource } from "../../src/base/node/index.ts";
import {
  bufferModelSource,
  type Model,
  modelDifferences,
  openModel,
  writeModel,
} from "../../src/model/index.ts";
import { emptyFolder } from "../cli/modelyard.ts";
import { codeOf, FIXTURES, fixture } from "../model/files.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const weights = () => openModel(bufferModelSource(fixture("weights.onnx")));

/** Every file of a folder, with what it holds. */
function contents(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]),
  );
}

describe("a file", () => {
  test("is there when it is committed, and not before; its folder holds nothing else", async () => {
    const folder = emptyFolder();
    const sink = await openModelSink(join(folder, "m.onnx"));
    const main = await sink.main();
    await main.write(bytesOf("one "));
    await main.write(bytesOf("two"));
    expect(main.position).toBe(7);
    expect(existsSync(join(folder, "m.onnx"))).toBe(false);
    await sink.commit();
    expect(contents(folder)).toEqual({ "m.onnx": "one two" });
  });

  test("that was there stays whole for whoever reads it, and is then another", async () => {
    const folder = emptyFolder();
    const path = join(folder, "m.onnx");
    writeFileSync(path, "old and long");
    chmodSync(path, 0o640);
    const reader = await openModelSource(path);
    const sink = await openModelSink(path);
    await (await sink.main()).write(bytesOf("new"));
    expect(readFileSync(path, "utf8")).toBe("old and long");
    await sink.commit();
    expect(contents(folder)).toEqual({ "m.onnx": "new" });
    expect(statSync(path).mode % 0o1000).toBe(0o640);
    expect(Buffer.from(await reader.main.read(0, 12)).toString()).toBe("old and long");
    await reader.close();
  });

  test("takes the place of a link, and leaves alone what it led to", async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, "blob"), "shared");
    symlinkSync("blob", join(folder, "m.onnx"));
    const sink = await openModelSink(join(folder, "m.onnx"));
    await (await sink.main()).write(bytesOf("own"));
    await sink.commit();
    expect(contents(folder)).toEqual({ blob: "shared", "m.onnx": "own" });
  });

  test("that is aborted leaves no trace, also twice and after nothing", async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, "m.onnx"), "old");
    const sink = await openModelSink(join(folder, "m.onnx"));
    await sink.abort();
    await (await sink.main()).write(bytesOf("half"));
    await (await sink.beside("m.onnx.data")).write(bytesOf("half"));
    await sink.abort();
    await sink.abort();
    expect(contents(folder)).toEqual({ "m.onnx": "old" });
  });
});

describe("a place where nothing may be written", () => {
  test.each<[string, (folder: string) => string]>([
    ["a folder", (folder) => folder],
    ["a folder that is not there", (folder) => join(folder, "missing", "m.onnx")],
    ["a file as a folder", (folder) => join(folder, "file", "m.onnx")],
    ["a link to a folder", (folder) => join(folder, "link")],
  ])("%s", async (_what, place) => {
    const folder = emptyFolder();
    writeFileSync(join(folder, "file"), "");
    symlinkSync(folder, join(folder, "link"));
    const write = async () => {
      const sink = await openModelSink(place(folder));
      await sink.main();
    };
    expect(await codeOf(write())).toBe("FILE_UNWRITABLE");
    expect(readdirSync(folder).sort()).toEqual(["file", "link"]);
  });

  test("a device, which a rename would put away", async (context) => {
    if (!existsSync("/dev/full")) return context.skip("there is no /dev/full");
    expect(await codeOf(openModelSink("/dev/full"))).toBe("FILE_UNWRITABLE");
  });

  test("a link to what the program prints to, as /dev/stdout is, which stays", async (context) => {
    if (!existsSync("/proc/self/fd")) return context.skip("there is no /proc");
    const folder = emptyFolder();
    writeFileSync(join(folder, "redirected"), "");
    const redirected = await open(join(folder, "redirected"), "w");
    onTestFinished(() => redirected.close());
    const path = join(folder, "stdout.onnx");
    symlinkSync(`/proc/self/fd/${redirected.fd}`, path);
    expect(await codeOf(openModelSink(path))).toBe("FILE_UNWRITABLE");
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(["redirected", "stdout.onnx"]);
  });

  test.each(["../m.data", "sub/m.data", "m.onnx", "", "/tmp/m.data"])("beside: %j", async (name) => {
    const folder = emptyFolder();
    const sink = await openModelSink(join(folder, "m.onnx"));
    expect(await codeOf(sink.beside(name))).toBe("FILE_ESCAPES_FOLDER");
    await sink.abort();
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("two files", () => {
  const old = { "m.onnx": "old main", "m.onnx.data": "old data" };
  async function staged(folder: string) {
    const sink = await openModelSink(join(folder, "m.onnx"));
    await (await sink.beside("m.onnx.data")).write(bytesOf("new data"));
    await (await sink.main()).write(bytesOf("new main"));
    return sink;
  }
  function folderOf(files: Record<string, string>): string {
    const folder = emptyFolder();
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return folder;
  }

  test.each([{}, old, { "m.onnx": "old main" }, { "m.onnx.data": "old data" }])("over %j", async (files) => {
    const folder = folderOf(files);
    await (await staged(folder)).commit();
    expect(contents(folder)).toEqual({ "m.onnx": "new main", "m.onnx.data": "new data" });
  });

  test("when the last step fails, both are the old ones again", async () => {
    const folder = folderOf(old);
    const sink = await staged(folder);
    rmSync(sink.staged);
    expect(await codeOf(sink.commit())).toBe("FILE_UNWRITABLE");
    await sink.abort();
    expect(contents(folder)).toEqual(old);
  });

  test("when a folder came in between, nothing is touched", async () => {
    const folder = folderOf({ "m.onnx": "old main" });
    const sink = await staged(folder);
    mkdirSync(join(folder, "m.onnx.data"));
    writeFileSync(join(folder, "m.onnx.data", "mine"), "");
    expect(await codeOf(sink.commit())).toBe("FILE_UNWRITABLE");
    await sink.abort();
    expect(readdirSync(folder).sort()).toEqual(["m.onnx", "m.onnx.data"]);
    expect(readdirSync(join(folder, "m.onnx.data"))).toEqual(["mine"]);
    expect(readFileSync(join(folder, "m.onnx"), "utf8")).toBe("old main");
  });
});

describe("a model", () => {
  test("onto itself, outside and inside, again and again", async () => {
    const path = join(emptyFolder(), "m.onnx");
    writeFileSync(path, fixture("weights.onnx"));
    let before: Model | undefined;
    for (const external of ["always", "always", "never", "always", "auto"] as const) {
      const source = await openModelSource(path);
      onTestFinished(() => source.close());
      const model = await openModel(source);
      if (before) expect(await modelDifferences(before, model, { strictOrder: true })).toEqual([]);
      await writeModel(model, await openModelSink(path), { external });
      // What was opened before is still readable: its files have lost their names, and nothing else.
      before = model;
      if (external === "always" && model.graph.values.get("node raw")?.constant === null) before = undefined;
    }
    expect(readdirSync(dirname(path)).sort()).toEqual(["m.onnx", "m.onnx.data"]);
  });

  test("that is aborted on its way", async () => {
    const folder = emptyFolder();
    const controller = new AbortController();
    const model = await weights();
    for (const { constant } of model.graph.values.values()) {
      if (constant) Object.assign(constant, { stream: stopping(constant.stream.bind(constant), controller) });
    }
    const writing = writeModel(model, await openModelSink(join(folder, "m.onnx")), {
      external: "always",
      signal: controller.signal,
    });
    await expect(writing).rejects.toThrow("enough");
    expect(readdirSync(folder)).toEqual([]);
  });

  function stopping<T extends (...args: never[]) => AsyncIterable<Uint8Array>>(
    stream: T,
    controller: AbortController,
  ) {
    return async function* (...args: Parameters<T>) {
      for await (const piece of stream(...args)) {
        controller.abort(new Error("enough"));
        yield piece;
      }
    };
  }

  test("whose weights end in the middle leaves the old output alone", async () => {
    const folder = emptyFolder();
    const path = join(folder, "m.onnx");
    writeFileSync(path, "old");
    const source = await openModelSource(join(FIXTURES, "types-external.onnx"));
    const model = await openModel(source);
    await source.close();
    await expect(writeModel(model, await openModelSink(path))).rejects.toThrow();
    expect(contents(folder)).toEqual({ "m.onnx": "old" });
  });
});

describe("a disk that is full", () => {
  /** A file system of so many kilobytes; what the kernel does not let us mount is skipped with that reason. */
  function smallDisk(context: TestContext, kilobytes: number): string {
    if (process.platform !== "linux" || process.getuid?.() !== 0)
      context.skip("needs root on Linux, to mount a small disk");
    const folder = emptyFolder();
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", `size=${kilobytes}k`, "tmpfs", folder], { stdio: "pipe" });
    } catch (error) {
      context.skip(`the kernel mounts no tmpfs here: ${error}`);
    }
    context.onTestFinished(() => {
      execFileSync("umount", [folder]);
    });
    return folder;
  }

  test.for(["never", "always"] as const)("external: %s", async (external, context) => {
    const folder = smallDisk(context, 16);
    const path = join(folder, "m.onnx");
    writeFileSync(path, "old");
    const writing = writeModel(await weights(), await openModelSink(path), { external });
    await expect(writing).rejects.toMatchObject({
      code: "FILE_DISK_FULL",
      where: expect.stringMatching(/m\.onnx(\.data)?, byte \d+$/),
      hint: expect.stringMatching(/\S/),
    });
    expect(contents(folder)).toEqual({ "m.onnx": "old" });
  });
});

describe("a large file is sent to the disk while it is written", () => {
  /** What the disk says to each time that it is asked to hurry; nothing where the list ends. */
  async function withDisk(says: (Error | null)[]): Promise<{ asked: () => number }> {
    const handle = await open(import.meta.filename);
    const prototype = Object.getPrototypeOf(handle) as typeof handle;
    await handle.close();
    const { datasync } = prototype;
    onTestFinished(() => {
      prototype.datasync = datasync;
    });
    let asked = 0;
    prototype.datasync = async function (this: typeof handle) {
      const error = says[asked++];
      if (error) throw error;
      await datasync.call(this);
    };
    return { asked: () => asked };
  }
  const failing = (code: string) => Object.assign(new Error(code), { code });
  const pieces = 8;

  async function written(folder: string): Promise<void> {
    const sink = await openModelSink(join(folder, "m.onnx"), { sendEvery: 1000 });
    try {
      const main = await sink.main();
      for (let i = 0; i < pieces; i++) await main.write(new Uint8Array(500).fill(65 + i));
      await sink.commit();
    } catch (error) {
      await sink.abort();
      throw error;
    }
  }

  test("each time that enough has come, and nothing is on its way", async () => {
    const folder = emptyFolder();
    const { asked } = await withDisk([]);
    await written(folder);
    expect(asked()).toBeGreaterThan(0);
    expect(asked()).toBeLessThanOrEqual(4);
    const letters = Array.from({ length: pieces }, (_, i) => String.fromCharCode(65 + i).repeat(500));
    expect(contents(folder)).toEqual({ "m.onnx": letters.join("") });
  });

  test("what the disk says then is not forgotten", async () => {
    const folder = emptyFolder();
    await withDisk([failing("EIO")]);
    expect(await codeOf(written(folder))).toBe("FILE_UNWRITABLE");
    for (const full of ["ENOSPC", "EDQUOT", "EFBIG"]) {
      await withDisk([failing(full)]);
      expect(await codeOf(written(folder)), full).toBe("FILE_DISK_FULL");
    }
    expect(contents(folder)).toEqual({});
  });

  test("a file system that cannot hurry need not", async () => {
    const folder = emptyFolder();
    await withDisk(Array.from({ length: pieces }, () => failing("EINVAL")));
    await written(folder);
    expect(statSync(join(folder, "m.onnx")).size).toBe(500 * pieces);
    // What is replaced is waited for, where that can be.
    const { asked } = await withDisk(Array.from({ length: pieces + 1 }, () => failing("EINVAL")));
    await written(folder);
    expect(asked()).toBeGreaterThan(1);
    await withDisk(Array.from({ length: pieces + 1 }, () => failing("EIO")));
    expect(await codeOf(written(folder))).toBe("FILE_UNWRITABLE");
    expect(readdirSync(folder)).toEqual(["m.onnx"]);
  });
});
