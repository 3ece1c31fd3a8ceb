// Every element type of ONNX, wherever its bytes lie, against the bytes that ml_dtypes and numpy hold.
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { openModelSource } from "../../src/base/node/index.ts";
import {
  bytesOf,
  DTYPES,
  type DType,
  fromBfloat16,
  fromHalf,
  type LazyTensor,
  openModel,
  signatureOf,
  tensorFromNumbers,
  toBfloat16,
  toHalf,
} from "../../src/model/index.ts";
import { FIXTURES, fixture, openBytes } from "./files.ts";

interface Expected {
  shape: number[];
  tensors: Record<string, { onnx: number; bytes: string }>;
  halves: Record<string, string[]>;
  text: string[];
}
const expected = JSON.parse(fixture("types.json").toString()) as Expected;

/** Our name for a number of TensorProto.DataType. */
function named(onnx: number): DType {
  const found = Object.entries(DTYPES).find(([, row]) => row.onnx === onnx);
  if (!found) throw new Error(`no type ${onnx}`);
  return found[0] as DType;
}

async function constants(name: string): Promise<Map<string, LazyTensor>> {
  const source = await openModelSource(join(FIXTURES, `types-${name}.onnx`));
  onTestFinished(() => source.close());
  const model = await openModel(source);
  const found = new Map<string, LazyTensor>();
  for (const [key, value] of model.graph.values) if (value.constant) found.set(key, value.constant);
  return found;
}

test("the fixtures hold every type that ONNX has", () => {
  const numbers = Object.values(expected.tensors).map(({ onnx }) => onnx);
  expect([...numbers, 8].sort((a, b) => a - b)).toEqual(Array.from({ length: 28 }, (_, i) => i + 1));
});

describe.each(["raw", "typed", "external"])("%s", (place) => {
  test.each(Object.entries(expected.tensors))("%s", async (name, { onnx, bytes }) => {
    const lazy = (await constants(place)).get(name) as LazyTensor;
    expect(lazy.dtype).toBe(named(onnx));
    expect(lazy.shape).toEqual(expected.shape);
    expect(lazy.byteLength).toBe(bytes.length / 2);
    const tensor = await lazy.read();
    expect(Buffer.from(bytesOf(tensor)).toString("hex")).toBe(bytes);
    const pieces: Uint8Array[] = [];
    for await (const piece of lazy.stream(7)) pieces.push(piece);
    expect(pieces.every((piece) => piece.byteLength <= 7)).toBe(true);
    expect(Buffer.concat(pieces).toString("hex")).toBe(bytes);
  });
});

test("strings keep every character", async () => {
  for (const place of ["raw", "typed"]) {
    const lazy = (await constants(place)).get("STRING") as LazyTensor;
    expect(lazy.dtype).toBe("string");
    expect((await lazy.read()).data).toEqual(expected.text);
    expect(() => bytesOf({ dtype: "string", shape: [], data: ["a"] })).toThrow(
      expect.objectContaining({ code: "MODEL_TENSOR_IS_TEXT" }),
    );
  }
});

test("inputs of every type have it in the signature, with open and named dimensions", async () => {
  const model = await openBytes(fixture("types-raw.onnx"));
  const { inputs } = signatureOf(model);
  const want = [
    ...Object.entries(expected.tensors).map(([name, { onnx }]) => [`in ${name}`, named(onnx)]),
    ["in STRING", "string"],
  ];
  expect(inputs.map(({ name, dtype }) => [name, dtype])).toEqual(want);
  for (const { shape } of inputs) expect(shape).toEqual(["batch", null, 3]);
});

const number = (text: string) => (text === "inf" ? Infinity : text === "-inf" ? -Infinity : Number(text));

test.each([
  ["FLOAT16", fromHalf, toHalf],
  ["BFLOAT16", fromBfloat16, toBfloat16],
] as const)("%s words are the numbers that numpy has, both ways", async (name, from, to) => {
  const { data } = await ((await constants("raw")).get(name) as LazyTensor).read();
  const words = [...(data as Uint16Array)];
  const numbers = (expected.halves[name] ?? []).map(number);
  expect(words.map(from)).toEqual(numbers);
  for (const [i, value] of numbers.entries()) {
    if (!Number.isNaN(value)) expect(to(value)).toBe(words[i]);
  }
});

describe("numbers that no element can be", () => {
  test.each<[DType, number | bigint]>([
    ["int8", 128],
    ["uint8", -1],
    ["int16", 32768],
    ["int32", 2 ** 31],
    ["uint32", 2 ** 32],
    ["int64", 2n ** 63n],
    ["uint64", -1n],
    ["int32", 0.5],
    ["int64", Number.NaN],
    ["bool", 2],
    ["float16", 70_000],
    ["float32", 1e39],
  ])("%s: %s", (dtype, value) => {
    expect(() => tensorFromNumbers(dtype, [1], [value])).toThrow(
      expect.objectContaining({ code: "MODEL_NUMBER_MISFIT" }),
    );
  });

  test.each<DType>(["int4", "complex64", "string", "float8e5m2"])("%s takes no plain numbers", (dtype) => {
    expect(() => tensorFromNumbers(dtype, [1], [1])).toThrow(
      expect.objectContaining({ code: "MODEL_DTYPE_NO_NUMBERS" }),
    );
  });
});
