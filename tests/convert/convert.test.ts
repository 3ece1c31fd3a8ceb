// convert: what is written answers as the original does, by the runtime itself; what fails leaves nothing.
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { openModelSource } from "../../src/base/node/index.ts";
import { openModel } from "../../src/model/index.ts";
import { convertModel } from "../../src/run/convert/index.ts";
import { refusedNode } from "../../src/run/convert/verify/index.ts";
import { openSource } from "../../src/run/pipeline/open.ts";
import { emptyFolder, modelyard, ROOT } from "../cli/modelyard.ts";
import { bytesOfModel } from "../model/evaluate.ts";
import { build } from "../model/passes/build.ts";
import { packageFile } from "../models.ts";
import { READ_LATIN } from "../packages.ts";
import { bareRun } from "../runtime/bare.ts";
import { fixture } from "../runtime/models.ts";
import { floats } from "../runtime/tensors.ts";

const MNIST = join(ROOT, "examples/models/mnist/1/mnist-8.onnx");
const EXTERNAL = join(ROOT, "tests/fixtures/model/types-external.onnx");
const digit = floats(
  Array.from({ length: 784 }, (_, i) => (i * 37) % 255),
  [1, 1, 28, 28],
);

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "nothing was thrown",
    (error: { code: string }) => error.code,
  );
}

async function convert(from: string, out: string, options: Parameters<typeof convertModel>[2] = {}) {
  const opened = await openSource(from);
  try {
    return await convertModel(opened, out, options);
  } finally {
    await opened.close();
  }
}

test("a result that the runtime does not load is not written: the error says what it says, of which node, and what to do", async () => {
  // The branch is never run, and with this length the runtime loads no model that has it.
  const model = build(17, (b) => {
    const x = b.input("x", "float32", ["n", 3]);
    const branch = (width: number) =>
      b.subgraph("branch", (inner) => inner.output(inner.node("Reshape", [x, b.ints(-1, width)])));
    const isWide = b.constant("bool", [], [0]);
    b.output(b.node("If", [isWide], { then_branch: branch(9), else_branch: branch(3) }));
  });
  const folder = emptyFolder();
  const path = join(folder, "branches.onnx");
  writeFileSync(path, await bytesOfModel(model));
  const error = await convert(path, join(folder, "out.onnx"), { fixDims: { n: 2 }, verify: true }).catch(
    (each) => each,
  );
  expect(error).toMatchObject({ code: "CONVERT_NOT_LOADED", where: "node reshape" });
  expect(error.message).toMatch(/does not load the result\. It says: Node \(if\) Op \(If\) .*incompatible/i);
  expect(error.message).not.toContain(folder);
  expect(readdirSync(folder)).toEqual(["branches.onnx"]);
});

describe("a file that the runtime does not read for its IR version alone", () => {
  const written = async (irVersion: number, factor: number) => {
    const path = join(emptyFolder(), "model.onnx");
    const model = build(17, (b) => {
      b.output(b.node("Mul", [b.input("x", "float32", [2, 3]), b.constant("float32", [], [factor])]));
    });
    model.irVersion = irVersion;
    writeFileSync(path, await bytesOfModel(model));
    return path;
  };

  test("is compared as one that it reads", async () => {
    const path = await written(14, 2);
    const out = join(emptyFolder(), "out.onnx");
    const newest = { opset: "newest", verify: true } as const;
    const report = await convert(path, out, newest);
    expect(report.verify).toMatchObject({
      verified: true,
      outputs: [{ identical: true }],
      notes: [
        "the original was run as IR version 13: the runtime does not read its 14, which nothing in it needs",
      ],
    });
    const told = await modelyard(["convert", path, `${out}.onnx`, "--verify", "--opset", "newest"]);
    expect(told.stdout).toMatch(/verified: yes, the same answers.*\n +the original was run as IR version 13/);
    await expect(bareRun(out, { x: floats([1, 2, 3, 4, 5, 6], [2, 3]) })).resolves.toBeDefined();
  });

  test("which the result is too, where nobody asks for another", async () => {
    const path = await written(14, 2);
    const { verify } = await convert(path, join(emptyFolder(), "out.onnx"), { verify: true });
    expect(verify).toMatchObject({
      verified: true,
      notes: [expect.stringMatching(/^the original /), expect.stringMatching(/^the result /)],
    });
  });

  test("is not compared where something in it needs the version", async () => {
    const path = await written(15, 2);
    const { verify } = await convert(path, join(emptyFolder(), "out.onnx"), { verify: true });
    expect(verify).toMatchObject({
      verified: false,
      reason: expect.stringContaining("IR version: 15"),
      notes: [],
    });
  });

  test("differs from another in its answers, which diff tells", async () => {
    const { stdout } = await modelyard(["diff", await written(14, 2), await written(13, 3)]);
    expect(stdout).toMatch(/was run as IR version 13: the runtime does not read its 14/);
    expect(stdout).toMatch(/: up to [\d.]+ apart/);
  });
});

// As ONNX Runtime 1.30 says it.
test.each([
  ["Node (mul) Op (MatMul) [ShapeInferenceError] Incompatible dimensions", "node mul"],
  ["Node () Op (MatMul) [ShapeInferenceError] Incompatible dimensions", "node MatMul"],
  ["Could not find an implementation for Div(14) node with name 'd'", "node d"],
  ["Failed to find kernel for Swish(24) (node:'' ep:'CPUExecutionProvider'). Kernel not found", "node Swish"],
  ['This is an invalid model. In Node, ("a", Relu, "", -1) : ("x") -> ("y",) , Error no', "node a"],
  [
    "Type Error: Type 'tensor(int64)' of input parameter (x) of operator (Add) in node (sum) is invalid.",
    "node sum",
  ],
  ["Unsupported model IR version: 14, max supported IR version: 13", null],
])("the node of %s", (said, node) => {
  expect(refusedNode(said)).toBe(node);
});

describe("a model that is written again", () => {
  test.each(["auto", "always", "never"] as const)("answers the same, external %s", async (external) => {
    const out = join(emptyFolder(), "out.onnx");
    const report = await convert(MNIST, out, { external, verify: true });
    expect(await bareRun(out, { Input3: digit })).toEqual(await bareRun(MNIST, { Input3: digit }));
    expect(report.verify).toMatchObject({ verified: true, draws: 3, failure: null, reason: null });
    expect(report.verify?.outputs).toEqual([
      { name: "Plus214_Output_0", identical: true, largest: 0, unoptimized: false, deaf: false, left: null },
    ]);
    expect(report.changes).toEqual([]);
    expect(report.after).toEqual({ ...report.before, bytes: report.after.bytes });
    const files = external === "always" ? ["out.onnx", "out.onnx.data"] : ["out.onnx"];
    expect(report.files.map(({ name }) => name)).toEqual(files);
    expect(readdirSync(join(out, "..")).sort()).toEqual(files);
  });

  test("which is not valid, is changed with a word of what is wrong, and copied without", async () => {
    const folder = emptyFolder();
    const path = join(folder, "one-input.onnx");
    const model = build(17, (b) => b.output(b.node("Add", [b.input("x", "float32", [2])])));
    writeFileSync(path, await bytesOfModel(model));
    const said = expect.stringMatching(/is not valid.*: node 0: Add has 1 input where 2 belong\..*--check/);
    const changed = await convert(path, join(folder, "changed.onnx"), { simplify: true });
    expect(changed.notes).toEqual([said]);
    const copied = await convert(path, join(folder, "copied.onnx"));
    expect(copied.notes).toEqual([]);
    const sound = await convert(MNIST, join(folder, "mnist.onnx"), { simplify: true });
    expect(sound.notes).not.toContainEqual(expect.stringContaining("not valid"));
  });

  test("simplified, it has fewer operators and the same answers", async () => {
    const out = join(emptyFolder(), "out.onnx");
    const report = await convert(MNIST, out, { simplify: true, verify: true });
    expect(report.after.nodes).toBeLessThan(report.before.nodes);
    expect(report.changes.length).toBeGreaterThan(0);
    expect(report.verify?.verified).toBe(true);
    const [before] = Object.values(await bareRun(MNIST, { Input3: digit }));
    const [after] = Object.values(await bareRun(out, { Input3: digit }));
    for (const [i, value] of Array.from(before?.data ?? [], Number).entries()) {
      expect(Math.abs(value - Number(after?.data[i]))).toBeLessThan(1e-3 + 1e-4 * Math.abs(value));
    }
  });

  test("with a dimension of one length", async () => {
    const out = join(emptyFolder(), "out.onnx");
    const report = await convert(fixture("mlp"), out, {
      fixDims: { batch: 3 },
      simplify: true,
      verify: true,
    });
    expect(report.verify).toMatchObject({ verified: true, draws: 3 });
    const opened = await openSource(out);
    expect(opened.signature.inputs[0]?.shape?.[0]).toBe(3);
    await opened.close();
  });

  test("in another operator set", async () => {
    const out = join(emptyFolder(), "out.onnx");
    const report = await convert(MNIST, out, { opset: "newest", verify: true });
    expect(report.before.opsets).toEqual({ "ai.onnx": 8 });
    expect(report.after.opsets["ai.onnx"]).toBeGreaterThan(20);
    expect(report.verify?.verified).toBe(true);
    expect(report.changes.map(({ pass }) => pass)).toEqual(["upgrade"]);
    const same = await convert(MNIST, out, { opset: 8 });
    expect(same.changes).toEqual([]);
    expect(await codeOf(convert(MNIST, out, { opset: 7 }))).toBe("MODEL_OPSET_DOWNGRADE");
    expect(await codeOf(convert(MNIST, out, { opset: 9_999 }))).toBe("MODEL_OPSET_UNKNOWN");
  });

  test("onto itself, with its weights outside and inside again", async () => {
    const folder = emptyFolder();
    const path = join(folder, "m.onnx");
    copyFileSync(MNIST, path);
    await convert(path, path, { external: "always", verify: true });
    expect(readdirSync(folder).sort()).toEqual(["m.onnx", "m.onnx.data"]);
    const report = await convert(path, path, { external: "never", verify: true });
    expect(report.notes).toContain("m.onnx.data is not needed any more");
    expect(await bareRun(path, { Input3: digit })).toEqual(await bareRun(MNIST, { Input3: digit }));
  });

  test("Constant nodes that become initializers outside are counted as the file has them, and told", async () => {
    const out = join(emptyFolder(), "out.onnx");
    const first = await convert(join(ROOT, "tests/fixtures/model/weights.onnx"), out, { external: "always" });
    expect(first.changes).toEqual([]);
    expect(first.notes).toEqual([expect.stringMatching(/Constant nodes are initializers now/)]);
    const again = await convert(out, join(emptyFolder(), "again.onnx"));
    expect(again.before.nodes).toBeLessThan(first.before.nodes);
    expect(first.after).toMatchObject({ nodes: again.before.nodes, operators: again.before.operators });
    expect(again.notes).toEqual([]);
  });

  test("verified on inputs that somebody gave", async () => {
    const out = join(emptyFolder(), "out.onnx");
    const report = await convert(MNIST, out, { verify: { feeds: { Input3: digit } } });
    expect(report.verify).toMatchObject({ verified: true, draws: 1, given: true });
    const wrong = convert(MNIST, join(out, "../b.onnx"), { verify: { feeds: { Input3: floats([1]) } } });
    expect(await codeOf(wrong)).toBe("CONVERT_INPUTS_REFUSED");
    expect(readdirSync(join(out, ".."))).toEqual(["out.onnx"]);
  });

  test("what cannot be verified says why, and is written", async () => {
    const folder = emptyFolder();
    for (const name of ["bfloat16", "sequence-input"]) {
      const { verify } = await convert(fixture(name), join(folder, `${name}.onnx`), { verify: true });
      expect(verify?.verified).toBe(false);
      expect(verify?.failure).toBeNull();
      expect(verify?.reason).toMatch(/the runtime cannot run the original/);
      expect(existsSync(join(folder, `${name}.onnx`))).toBe(true);
    }
  });

  test("outputs that cannot be read are compared by what they are made of", async () => {
    const folder = emptyFolder();
    const written = async (name: string) =>
      (await convert(fixture(name), join(folder, `${name}.onnx`), { verify: true })).verify;
    const [quantized] = (await written("int4-out"))?.outputs ?? [];
    expect(quantized).toMatchObject({ name: "y", identical: true, left: null });
    const sequence = await written("sequence-output");
    expect(sequence).toMatchObject({ verified: true, failure: null });
    // A sequence of inputs: there is nothing that was computed.
    expect(sequence?.outputs.map(({ name, left }) => [name, left])).toEqual([
      ["both", expect.stringMatching(/no tensor/)],
      ["minus", null],
    ]);
    // Nor is there in a map of an input, and here it is the only output.
    const map = await written("map-output");
    expect(map).toMatchObject({ verified: false, failure: null });
    expect(map?.reason).toMatch(/no output can be compared/);
  });
});

describe("where a model cannot be written", () => {
  test.each([
    ["a folder", "folder", "CONVERT_OUTPUT"],
    ["a folder that is not there", "nowhere/out.onnx", "CONVERT_OUTPUT"],
    ["a path that ends in a stroke", "out.onnx/", "CONVERT_OUTPUT"],
    ["an unknown extension", "out.txt", "MODEL_FORMAT_NO_WRITER"],
    ["no extension", "out", "MODEL_FORMAT_NO_WRITER"],
    ["a format that is only recognised", "out.tflite", "MODEL_FORMAT_NO_WRITER"],
  ])("%s", async (_, name, code) => {
    const folder = emptyFolder();
    mkdirSync(join(folder, "folder"));
    expect(await codeOf(convert(MNIST, `${folder}/${name}`))).toBe(code);
    expect(readdirSync(folder)).toEqual(["folder"]);
  });

  test("the file of the original's weights", async () => {
    const folder = emptyFolder();
    const path = join(folder, "a.onnx");
    await convert(MNIST, path, { external: "always" });
    // b.onnx would put its weights into b.onnx.data, on which a.onnx lives.
    const text = readFileSync(path).toString("latin1").replaceAll("a.onnx.data", "b.onnx.data");
    writeFileSync(path, Buffer.from(text, "latin1"));
    writeFileSync(join(folder, "b.onnx.data"), readFileSync(join(folder, "a.onnx.data")));
    const before = readFileSync(join(folder, "b.onnx.data"));
    expect(await codeOf(convert(path, join(folder, "b.onnx"), { external: "always" }))).toBe(
      "CONVERT_OUTPUT",
    );
    // The same through a link.
    symlinkSync(folder, join(folder, "link"));
    const other = convert(path, join(folder, "link/b.onnx"), { external: "always" });
    expect(await codeOf(other)).toBe("CONVERT_OUTPUT");
    expect(readFileSync(join(folder, "b.onnx.data"))).toEqual(before);
  });

  test("a dimension that is not there, and lengths that cannot be", async () => {
    const folder = emptyFolder();
    const out = join(folder, "out.onnx");
    expect(await codeOf(convert(MNIST, out, { fixDims: { batch: 1 } }))).toBe("MODEL_DIM_UNKNOWN");
    for (const batch of [0, -1, 1.5, Number.NaN]) {
      expect(await codeOf(convert(fixture("square"), out, { fixDims: { batch } }))).toBe("MODEL_DIM_LENGTH");
    }
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("what fails leaves nothing", () => {
  test("whoever gives up, at every stage", async () => {
    const folder = emptyFolder();
    for (const stage of ["read", "change", "write", "verify"]) {
      const stop = new AbortController();
      const onProgress = (at: string) => {
        if (at === stage) stop.abort(Object.assign(new Error("stop"), { code: "STOPPED" }));
      };
      const work = convert(MNIST, join(folder, "out.onnx"), {
        signal: stop.signal,
        verify: true,
        onProgress,
      });
      expect(await codeOf(work), stage).toMatch(/^(STOPPED|ABORTED)$/);
      expect(readdirSync(folder), stage).toEqual([]);
    }
  });

  test("a result that answers otherwise is named and not written", async (context) => {
    // Batch normalisation is folded into weights, which rounds: without any tolerance that is a difference.
    const path = await packageFile(context, ...READ_LATIN);
    const folder = emptyFolder();
    writeFileSync(join(folder, "out.onnx"), "what was there before");
    const work = convert(path, join(folder, "out.onnx"), {
      simplify: true,
      verify: { tolerance: { absolute: 0, relative: 0 } },
    });
    const error = await work.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "CONVERT_VERIFY_FAILED", where: expect.stringMatching(/^node /) });
    expect((error as Error).message).toMatch(
      /output softmax_2.tmp_0 differs in .* The first value that differs is/,
    );
    expect(readdirSync(folder)).toEqual(["out.onnx"]);
    expect(readFileSync(join(folder, "out.onnx"), "utf8")).toBe("what was there before");
    const report = await convert(path, join(folder, "out.onnx"), { simplify: true, verify: true });
    expect(report.verify).toMatchObject({ verified: true });
  });

  test.skipIf(process.getuid?.() !== 0 || process.platform !== "linux")(
    "a disk that fills",
    async (context) => {
      const folder = emptyFolder();
      try {
        execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "none", folder], { stdio: "ignore" });
      } catch {
        return context.skip("tmpfs cannot be mounted here");
      }
      onTestFinished(() => {
        execFileSync("umount", [folder]);
      });
      writeFileSync(join(folder, "out.onnx"), "what was there before");
      const big = fixture("convolution");
      for (const external of ["never", "always"] as const) {
        const source = await openModelSource(big);
        const filler = join(folder, "filler");
        writeFileSync(filler, new Uint8Array(44 * 1024));
        const { code, stderr } = await modelyard([
          "convert",
          big,
          join(folder, "out.onnx"),
          external === "always" ? "--external" : "--no-external",
          "--json",
        ]);
        await source.close();
        expect(JSON.parse(stderr).error.code).toBe("FILE_DISK_FULL");
        expect(code).toBe(1);
        expect(readdirSync(folder).sort()).toEqual(["filler", "out.onnx"]);
        expect(readFileSync(join(folder, "out.onnx"), "utf8")).toBe("what was there before");
      }
    },
  );
});

test("a model of external weights is read from where they lie", async () => {
  const out = join(emptyFolder(), "in.onnx");
  const report = await convert(EXTERNAL, out, { external: "never" });
  expect(report.files).toHaveLength(1);
  const source = await openModelSource(out);
  expect((await openModel(source)).notes.filter((note) => note.includes("lie"))).toEqual([]);
  await source.close();
});
