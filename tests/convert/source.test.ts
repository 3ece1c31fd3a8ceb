// --verify of a model of another format, in that format's own runtime: for TFLite LiteRT's, of npm's @litertjs/core.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, type TestContext, test } from "vitest";
import { openModelSink } from "../../src/base/node/index.ts";
import { convertText } from "../../src/cli/convert-text.ts";
import { openTerminal } from "../../src/cli/terminal.ts";
import { lowerModel } from "../../src/model/formats/lower.ts";
import type { Model } from "../../src/model/graph/index.ts";
import { writeModel } from "../../src/model/index.ts";
import { constantTensor } from "../../src/model/tensor/index.ts";
import { convertModel } from "../../src/run/convert/index.ts";
import { findPackage } from "../../src/run/convert/source/find.ts";
import { openSourceModel } from "../../src/run/convert/source/open.ts";
import { findRuntime } from "../../src/run/convert/source/session.ts";
import { SOURCE_RUNTIMES } from "../../src/run/convert/source/table.ts";
import { firstText, verifyModels } from "../../src/run/convert/verify/index.ts";
import { openSource } from "../../src/run/pipeline/open.ts";
import { emptyFolder, modelyard, ROOT } from "../cli/modelyard.ts";
import { float32, i32, text, tfliteFile } from "../model/tflite/file.ts";
import { floats } from "../runtime/tensors.ts";

const LITERT = "@litertjs/core";
let installed: Awaited<ReturnType<typeof findPackage>>;
beforeAll(async () => {
  installed = await findPackage(LITERT, [ROOT]);
});

function needed(context: Pick<TestContext, "skip">): NonNullable<typeof installed> {
  if (!installed) context.skip(`${LITERT} is not installed: npm ci`);
  return installed as NonNullable<typeof installed>;
}

function written(file: Uint8Array): string {
  const path = join(emptyFolder(), "model.tflite");
  writeFileSync(path, file);
  return path;
}

/** What `convert --verify` says of a file. */
async function verified(file: Uint8Array) {
  const opened = await openSource(written(file));
  try {
    return await convertModel(opened, join(emptyFolder(), "out.onnx"), { verify: true });
  } finally {
    await opened.close();
  }
}

/** y = |3x + 1|, of some rows. */
const ABS = { scale: float32(3), shift: float32(1) };
function chain(open?: readonly number[]): Uint8Array {
  const row = (name: string) => ({ name, shape: [1, 4], ...(open ? { open } : {}) });
  return tfliteFile([
    {
      tensors: [
        row("x"),
        { name: "scale", shape: [1], data: ABS.scale },
        row("scaled"),
        { name: "shift", shape: [1], data: ABS.shift },
        row("shifted"),
        row("y"),
      ],
      inputs: [0],
      outputs: [5],
      operators: [
        { name: "MUL", inputs: [0, 1], outputs: [2] },
        { name: "ADD", inputs: [2, 3], outputs: [4] },
        { name: "ABS", inputs: [4], outputs: [5] },
      ],
    },
  ]);
}

describe("in its own runtime", () => {
  test("a model is verified, which the report and the command line tell", async (context) => {
    const { version } = needed(context);
    const by = `${LITERT} ${version}`;
    const report = await verified(chain());
    expect(report.verify).toMatchObject({
      verified: true,
      reason: null,
      by,
      draws: 3,
      outputs: [{ name: "y", deaf: false, left: null }],
    });
    expect(convertText(report, openTerminal({ isTTY: false, columns: 200 } as never))).toContain(
      `verified: yes, by ${by}, `,
    );
    const { code, stdout } = await modelyard([
      "convert",
      written(chain()),
      join(emptyFolder(), "a.onnx"),
      "--verify",
    ]);
    expect({ code, says: stdout.includes(`verified: yes, by ${by}`) }).toEqual({ code: 0, says: true });
  });

  test("lengths that the file leaves open are those of the inputs", async (context) => {
    needed(context);
    const { verify } = await verified(chain([-1, 4]));
    expect(verify).toMatchObject({ verified: true, draws: 3, outputs: [{ name: "y", deaf: false }] });
  });

  test("what a model keeps from run to run is kept over the frames of one stream", async (context) => {
    needed(context);
    const { verify } = await verified(SUMS);
    expect(verify).toMatchObject({ verified: true, draws: 8, outputs: [{ name: "y", deaf: false }] });
  });

  test("a result that computes otherwise is refused with the output, and with the first operator that does", async (context) => {
    needed(context);
    const path = written(chain());
    const spoilt = await spoiled(path, "shift", float32(1.5));
    const opened = await openSource(path);
    const { failure, verified } = await verifyModels(opened, spoilt, { contract: await contractOf(opened) });
    await Promise.all([opened.close(), spoilt.close()]);
    expect(verified).toBe(false);
    expect(failure?.problem).toContain("output y differs");
    expect(failure?.first).toMatchObject({ value: "shifted", node: { op: "tflite.ADD" } });
    expect(failure && firstText(failure)).toContain(
      "The first value that differs is shifted, which tflite.ADD ADD_1 computes",
    );
  });

  test("what the runtime says against a file is told, and also what it only says in its log", async (context) => {
    const found = needed(context);
    const [runtime] = SOURCE_RUNTIMES;
    if (!runtime) throw new Error("there is no runtime");
    const opened = await openSourceModel(runtime, found, new Uint8Array(64), 0);
    expect(opened).toEqual({ refusal: expect.stringMatching(/\w/) });
    const gather = await openSourceModel(runtime, found, GATHERS.slice(), 0);
    if ("refusal" in gather) throw new Error(gather.refusal);
    const at = (index: number) => gather.run([{ dtype: "int32", shape: [1], data: Int32Array.of(index) }]);
    expect(await at(1)).toEqual({ outputs: [floats([20], [1])] });
    expect(await at(77)).toEqual({ refusal: expect.stringContaining("out of bounds") });
    expect(await at(0)).toEqual({ outputs: [floats([10], [1])] });
    await gather.close();
  });
});

test("where the package is missing, the reason is the line that installs it", async () => {
  const path = written(chain());
  const { model, close } = await openSource(path);
  expect(await findRuntime(model, path, [emptyFolder()])).toEqual({
    reason: expect.stringContaining("which is not installed: npm install @litertjs/core"),
  });
  await close();
});

async function contractOf({ contract }: Awaited<ReturnType<typeof openSource>>) {
  return typeof contract === "function" ? (contract as () => Promise<never>)() : contract;
}

/** What a file is converted to, with one of its constants changed. */
async function spoiled(
  path: string,
  constant: string,
  data: Uint8Array,
): Promise<{ path: string; model: Model; close(): Promise<void> }> {
  const opened = await openSource(path);
  const { model } = await lowerModel(opened.model);
  const value = [...model.graph.values.values()].find(({ name }) => name === constant);
  if (!value?.constant) throw new Error(`${constant} is no constant of the result`);
  const { dtype, shape } = value.constant;
  const changed = { dtype, shape, data: new Float32Array(data.buffer, data.byteOffset, 1) };
  value.constant = constantTensor(changed, "spoilt by a test", constant);
  const out = join(emptyFolder(), "spoilt.onnx");
  await writeModel(model, await openModelSink(out));
  await opened.close();
  const again = await openSource(out);
  return { path: out, model: again.model, close: again.close };
}

/** y = x + what x was summed to before, kept in a variable that an initialisation fills with (100, 200). */
const SUMS = tfliteFile([
  {
    tensors: [
      { name: "x", shape: [2] },
      { name: "handle", type: "RESOURCE", shape: [] },
      { name: "before", shape: [2] },
      { name: "y", shape: [2] },
    ],
    inputs: [0],
    outputs: [3],
    operators: [
      { name: "CALL_ONCE", inputs: [], outputs: [], options: [103, { 0: i32(1) }] },
      { name: "VAR_HANDLE", inputs: [], outputs: [1], options: [111, { 1: text("sum") }] },
      { name: "READ_VARIABLE", inputs: [1], outputs: [2] },
      { name: "ADD", inputs: [0, 2], outputs: [3] },
      { name: "ASSIGN_VARIABLE", inputs: [1, 3], outputs: [] },
    ],
  },
  {
    tensors: [
      { name: "handle", type: "RESOURCE", shape: [] },
      { name: "start", shape: [2], data: float32(100, 200) },
    ],
    inputs: [],
    outputs: [],
    operators: [
      { name: "VAR_HANDLE", inputs: [], outputs: [0], options: [111, { 1: text("sum") }] },
      { name: "ASSIGN_VARIABLE", inputs: [0, 1], outputs: [] },
    ],
  },
]);

/** y = (10, 20)[x], which the runtime checks while it runs. */
const GATHERS = tfliteFile([
  {
    tensors: [
      { name: "list", shape: [2], data: float32(10, 20) },
      { name: "x", type: "INT32", shape: [1] },
      { name: "y", shape: [1] },
    ],
    inputs: [1],
    outputs: [2],
    operators: [{ name: "GATHER", inputs: [0, 1], outputs: [2] }],
  },
]);
