import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Tensor, Tensors } from "../../src/model/tensor/tensor.ts";
import { openSession, type Session } from "../../src/run/runtime/index.ts";
import { fixture } from "./models.ts";
import { floats, longs } from "./tensors.ts";

let mlp: Session;
let two: Session;
let every: Session;
beforeAll(async () => {
  mlp = await openSession({ path: fixture("mlp"), batch: 8 });
  two = await openSession({ path: fixture("two-inputs"), batch: 8 });
  every = await openSession({ path: fixture("every-type"), batch: 0 });
});
afterAll(async () => {
  for (const session of [mlp, two, every]) await session.close();
});

const row = floats(new Float32Array(64), [1, 64]);

/** The feeds, the code, and what the message must name. */
const refused: [what: string, feeds: Tensors, code: string, ...named: string[]][] = [
  ["nothing at all", {}, "RUN_INPUT_MISSING", "x", "float32 [batch, 64]"],
  ["undefined", { x: undefined as unknown as Tensor }, "RUN_INPUT_MISSING", "x"],
  ["an input that there is not", { x: row, z: row }, "RUN_INPUT_UNKNOWN", "z", "takes x"],
  [
    "another type",
    { x: { dtype: "int32", shape: [1, 64], data: new Int32Array(64) } },
    "RUN_INPUT_DTYPE",
    "x",
    "float32",
    "int32",
  ],
  [
    "another type that no binding carries",
    { x: { ...row, dtype: "bfloat16" } },
    "RUN_INPUT_DTYPE",
    "bfloat16",
  ],
  ["a type by a wrong name", { x: { ...row, dtype: "FP32" as "float32" } }, "RUN_INPUT_DTYPE", "FP32"],
  [
    "a fixed dimension of another length",
    { x: floats(new Float32Array(65), [1, 65]) },
    "RUN_INPUT_SHAPE",
    "[batch, 64]",
    "[1, 65]",
  ],
  ["a dimension too few", { x: floats(new Float32Array(64), [64]) }, "RUN_INPUT_SHAPE", "[64]"],
  ["a dimension too many", { x: floats(new Float32Array(64), [1, 1, 64]) }, "RUN_INPUT_SHAPE", "[1, 1, 64]"],
  ["a negative dimension", { x: { ...row, shape: [-1, 64] } }, "RUN_INPUT_SHAPE", "[-1, 64]"],
  ["half a row", { x: { ...row, shape: [0.5, 64] } }, "RUN_INPUT_SHAPE", "[0.5, 64]"],
  [
    "a dimension that is no number",
    { x: { ...row, shape: ["1" as unknown as number, 64] } },
    "RUN_INPUT_SHAPE",
  ],
  ["no shape", { x: { ...row, shape: undefined as unknown as number[] } }, "RUN_INPUT_SHAPE"],
  ["a dimension past 2^53", { x: { ...row, shape: [2 ** 60, 64] } }, "RUN_INPUT_SHAPE"],
  [
    "a shape whose size wraps to the data's in 32 bits",
    { x: { ...row, shape: [2 ** 26 + 1, 64] } },
    "RUN_INPUT_DATA",
    "4294967360 values",
  ],
  ["too few values", { x: { ...row, data: new Float32Array(63) } }, "RUN_INPUT_DATA", "64 values", "63"],
  ["too many values", { x: { ...row, data: new Float32Array(65) } }, "RUN_INPUT_DATA", "has 65"],
  [
    "values in another array",
    { x: { ...row, data: new Float64Array(64) } },
    "RUN_INPUT_DATA",
    "Float32Array",
    "Float64Array of 64",
  ],
  [
    "a plain list of numbers",
    { x: { ...row, data: new Array(64).fill(0) } },
    "RUN_INPUT_DATA",
    "Array of 64",
  ],
  ["no values", { x: { ...row, data: undefined as unknown as Float32Array } }, "RUN_INPUT_DATA", "undefined"],
];

describe("feeds that do not fit are refused before anything runs", () => {
  test.each(refused)("%s", async (_, feeds, code, ...named) => {
    const error = await mlp.run(feeds).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code });
    for (const text of named) expect((error as Error).message).toContain(text);
    expect(mlp.stats().runs).toBe(0);
  });

  test("65 dimensions, where the model leaves the rank open", async () => {
    await using any = await openSession({ path: fixture("any-rank"), batch: 0 });
    await expect(any.run({ x: floats([1], new Array(65).fill(1)) })).rejects.toMatchObject({
      code: "RUN_INPUT_SHAPE",
    });
  });

  test("inputs of one model that do not go together are the runtime's to refuse", async () => {
    const feeds = { x: floats([1, 2], [2, 1]), id: longs([0n, 1n, 2n]) };
    await expect(two.run(feeds)).rejects.toMatchObject({ code: "RUN_FAILED" });
  });

  test("bytes that are no booleans", async () => {
    await expect(every.run(everyType({ bool: Uint8Array.of(1, 2) }))).rejects.toMatchObject({
      code: "RUN_INPUT_VALUE",
      message: expect.stringContaining("element 1 is 2"),
    });
  });

  test.each([
    ["a NUL", "a\0b"],
    ["half a surrogate pair", "a\ud800"],
    ["the other half", "\udc00"],
  ])("a string with %s, which the binding would cut or change", async (_, text) => {
    await expect(every.run(everyType({ string: ["fine", text] }))).rejects.toMatchObject({
      code: "RUN_INPUT_VALUE",
      message: expect.stringContaining("element 1"),
    });
  });

  test("a number among strings", async () => {
    const string = ["fine", 5 as unknown as string];
    await expect(every.run(everyType({ string }))).rejects.toMatchObject({ code: "RUN_INPUT_VALUE" });
  });

  test("an output that there is not", async () => {
    await expect(mlp.run({ x: row }, { outputs: ["y", "toString"] })).rejects.toMatchObject({
      code: "RUN_OUTPUT_UNKNOWN",
      message: expect.stringContaining("toString"),
    });
  });
});

describe("what the binding cannot carry is named", () => {
  test.each([
    ["sequence-output", "both"],
    ["map-output", "named"],
    ["int4-out", "y"],
  ])("the output of %s", async (model, output) => {
    await using session = await openSession({ path: fixture(model) });
    const shape = model === "sequence-output" ? [2] : model === "map-output" ? [1, 2] : [1, 3];
    const x = floats(new Float32Array(shape.reduce((a, b) => a * b)), shape);
    await expect(session.run({ x })).rejects.toMatchObject({
      code: "RUN_TYPE_UNSUPPORTED",
      message: expect.stringContaining(`Output ${output}`),
    });
    if (model !== "sequence-output") return;
    expect(Object.keys(await session.run({ x }, { outputs: ["minus"] }))).toEqual(["minus"]);
  });

  test.each([
    ["sequence-input", "Input list"],
    ["int4", "Input x is int4"],
    ["bfloat16", "is bfloat16"],
  ])("the input of %s, when it is opened", async (model, named) => {
    await expect(openSession({ path: fixture(model) })).rejects.toMatchObject({
      code: "RUN_TYPE_UNSUPPORTED",
      message: expect.stringContaining(named),
    });
  });
});

describe("values on which the model fails", () => {
  test("an index outside the table says so in the runtime's words", async () => {
    await using session = await openSession({ path: fixture("table-of-four"), batch: 0 });
    await expect(session.run({ id: longs([9n]) })).rejects.toMatchObject({
      code: "RUN_FAILED",
      message: expect.stringMatching(/running Gather node.*idx=9 must be within/),
    });
    expect((await session.run({ id: longs([1n]) })).row).toEqual(floats([3, 4, 5], [1, 3]));
  });

  test("a value that asks for four terabytes", async () => {
    await using session = await openSession({ path: fixture("zeros"), batch: 0 });
    await expect(session.run({ shape: longs([2n ** 40n]) })).rejects.toMatchObject({ code: "RUN_MEMORY" });
    expect((await session.run({ shape: longs([2n]) })).y).toEqual(floats([0, 0]));
  });
});

/** Two values of every type, some of them replaced. */
function everyType(replaced: Record<string, Tensor["data"]>): Tensors {
  return Object.fromEntries(
    every.signature.inputs.map(({ name, dtype }) => {
      const data = replaced[name] ?? zeros(name);
      return [name, { dtype, shape: [1, 2], data }];
    }),
  );
}

function zeros(name: string): Tensor["data"] {
  switch (name) {
    case "string":
      return ["", ""];
    case "int64":
      return new BigInt64Array(2);
    case "uint64":
      return new BigUint64Array(2);
    case "float32":
      return new Float32Array(2);
    case "float64":
      return new Float64Array(2);
    case "int8":
      return new Int8Array(2);
    case "int16":
      return new Int16Array(2);
    case "int32":
      return new Int32Array(2);
    case "uint32":
      return new Uint32Array(2);
    case "bool":
    case "uint8":
      return new Uint8Array(2);
    default:
      return new Uint16Array(2);
  }
}
