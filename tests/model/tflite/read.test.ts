// What is read of a TFLite file before any of its weights is, and what is refused, with the byte.
import { expect, test } from "vitest";
import {
  bufferModelSource,
  countOperators,
  countParameters,
  type Node,
  openModel,
  signatureOf,
  stringOf,
} from "../../../src/model/index.ts";
import { counted, openBytes } from "../files.ts";
import { adding, float32, i8, int32, ints, tables, text, tfliteFile, u32 } from "./file.ts";
import { bytes, flatbuffer, i32, table, u64 } from "./flat.ts";

const open = (file: Uint8Array) => openBytes(file, {}, "model.tflite");

test("names, order, types, shapes, operators and parameters come from the header", async () => {
  const file = tfliteFile(
    [
      {
        name: "net",
        tensors: [
          { name: "image", type: "UINT8", shape: [1, 4, 4, 3], open: [-1, 4, -1, 3] },
          { name: "w", shape: [2], data: float32(1, 2) },
          { name: "out:0", shape: [2, 3] },
          { name: "", shape: [2] },
          { name: "out:0", shape: [2] },
        ],
        inputs: [3, 0],
        outputs: [2],
        operators: [
          { name: "ADD", inputs: [3, 1], outputs: [4], options: [11, { 0: i8(3) }] },
          { name: "CUSTOM", custom: "Mine", inputs: [4, -1, 0], outputs: [2] },
        ],
      },
    ],
    { 6: tables([{ 0: text("min_runtime_version"), 1: u32(1) }]) },
  );
  const model = await open(file);
  expect(signatureOf(model)).toEqual({
    inputs: [
      { name: "#3", dtype: "float32", shape: [2] },
      { name: "image", dtype: "uint8", shape: [null, 4, null, 3] },
    ],
    outputs: [{ name: "out:0", dtype: "float32", shape: [2, 3] }],
  });
  expect(countOperators(model)).toEqual({ "tflite.ADD": 1, "tflite.Mine": 1 });
  expect(countParameters(model)).toBe(2);
  expect(model.notes).toEqual(["metadata: min_runtime_version"]);
  expect(stringOf(model.graph.nodes[0] as Node, "fused_activation_function", "")).toBe("RELU6");
  expect((await model.attachments?.[0]?.content.read())?.data).toEqual(float32(1, 2));
});

test("weights stay in the file", async () => {
  const length = 4 * 1024 * 1024;
  const file = adding({
    tensors: [
      { shape: [length] },
      { shape: [length], data: new Uint8Array(4 * length) },
      { shape: [length] },
    ],
    inputs: [0],
  });
  const source = counted(bufferModelSource(file, { name: "big.tflite" }));
  const model = await openModel(source);
  expect(countParameters(model)).toBe(length);
  expect(source.read().total).toBeLessThan(200_000);
});

test("weights of files beyond 2 GB lie behind the flatbuffer", async () => {
  const file = adding({
    tensors: [{ shape: [2] }, { shape: [2], fields: { 2: u32(1) } }, { shape: [2] }],
    inputs: [0],
  });
  const weights = float32(5, 6);
  const write = (offset: number) => {
    const inner = adding(
      { tensors: [{ shape: [2] }, { shape: [2], fields: { 2: u32(1) } }, { shape: [2] }], inputs: [0] },
      { 4: tables([{}, { 1: u64(offset), 2: u64(8) }]) },
    );
    const whole = new Uint8Array(inner.byteLength + weights.byteLength);
    whole.set(inner);
    whole.set(weights, inner.byteLength);
    return { whole, at: inner.byteLength };
  };
  const { at } = write(2);
  const model = await open(write(at).whole);
  expect((await model.graph.values.get("t1")?.constant?.read())?.data).toEqual(Float32Array.of(5, 6));
  await expect(open(write(at + 1).whole)).rejects.toMatchObject({ code: "MODEL_FLATBUFFER_DAMAGED" });
  await expect(open(file)).rejects.toMatchObject({ code: "MODEL_TFLITE_INDEX" });
});

const shape = [2];
const two = { shape };

test.for<[what: string, code: string, file: Uint8Array]>([
  ["nothing but a header", "MODEL_FLATBUFFER_DAMAGED", adding().slice(0, 8)],
  ["half a file", "MODEL_FLATBUFFER_DAMAGED", adding().slice(0, 400)],
  ["a root outside the file", "MODEL_FLATBUFFER_DAMAGED", patched(adding(), 0, 1_000_000)],
  ["no subgraph", "MODEL_FLATBUFFER_DAMAGED", flatbuffer({ 0: u32(3) })],
  [
    "a vector longer than the file",
    "MODEL_FLATBUFFER_DAMAGED",
    adding({ tensors: [two, two, { fields: { 0: { vector: int32(2), length: 2 ** 31 } } }] }),
  ],
  ["few bytes that stand for many rows", "MODEL_FLATBUFFER_DAMAGED", sharing(20_000)],
  ["an input that is no tensor", "MODEL_TFLITE_INDEX", adding({ inputs: [0, 7] })],
  ["an operator without a code", "MODEL_TFLITE_INDEX", adding({}, { 1: tables([]) })],
  [
    "a buffer that is not there",
    "MODEL_TFLITE_INDEX",
    adding({ tensors: [two, two, { shape, fields: { 2: u32(9) } }] }),
  ],
  [
    "a type of the future",
    "MODEL_TFLITE_VALUE",
    adding({ tensors: [two, two, { shape, fields: { 1: i8(99) } }] }),
  ],
  [
    "an activation of the future",
    "MODEL_TFLITE_VALUE",
    adding({ operators: [{ name: "ADD", inputs: [0, 1], outputs: [2], options: [11, { 0: i8(77) }] }] }),
  ],
  ["a negative length", "MODEL_SHAPE_INVALID", adding({ tensors: [two, two, { shape: [-7] }] })],
  [
    "lengths beyond 2^53",
    "MODEL_SHAPE_INVALID",
    adding({ tensors: [two, two, { shape: [2 ** 30, 2 ** 30] }] }),
  ],
  [
    "a buffer of another size",
    "MODEL_TENSOR_SIZE",
    adding({ tensors: [two, { shape, data: float32(1) }, two] }),
  ],
  [
    "scales for another axis",
    "MODEL_TFLITE_GRAPH",
    adding({
      tensors: [two, two, { type: "INT8", shape: [2, 3], quantization: { scale: [1, 2], axis: 1 } }],
    }),
  ],
])("%s: %s", async ([, code, file]) => {
  await expect(open(file)).rejects.toMatchObject({
    code,
    where: expect.stringMatching(/^model\.tflite, byte \d+$/),
  });
});

/** A file with a 32-bit number in another place. */
function patched(file: Uint8Array, at: number, value: number): Uint8Array {
  const copy = file.slice();
  new DataView(copy.buffer).setUint32(at, value, true);
  return copy;
}

/** A file of so many tensors that are all the same table, whose shape is as long as that. */
function sharing(count: number): Uint8Array {
  const file = flatbuffer({
    0: u32(3),
    2: tables([
      {
        0: bytes(new Uint8Array(4 * count)),
        9: table({ 0: ints(new Array(count).fill(1)), 1: i8(0), 4: table({ 5: i32(0) }) }),
      },
    ]),
    4: tables([{}]),
  });
  // The vector of bytes becomes one of offsets to the table that follows it.
  const view = new DataView(file.buffer);
  const start = find(file, count * 4);
  const target = find(file, count);
  const tableAt = nearestTable(file, target, start + 4 + 4 * count);
  view.setUint32(start, count, true);
  for (let i = 0; i < count; i++) view.setUint32(start + 4 + 4 * i, tableAt - (start + 4 + 4 * i), true);
  return file;
}

/** Where a 32-bit number stands, on a multiple of 8. */
function find(file: Uint8Array, value: number): number {
  const view = new DataView(file.buffer);
  for (let at = 8; at + 4 <= file.byteLength; at += 8) if (view.getUint32(at, true) === value) return at;
  throw new Error(`no ${value} in the file`);
}

/** The table that names a place, in a list of offsets that stands behind some byte. */
function nearestTable(file: Uint8Array, target: number, from: number): number {
  const view = new DataView(file.buffer);
  for (let at = Math.ceil(from / 8) * 8; at < target; at += 8)
    if (at + view.getUint32(at, true) === target) return at - 8;
  throw new Error("nothing names it");
}
