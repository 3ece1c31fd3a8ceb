// The typed fields of tensors, decoded as they flow.
import { expect, test } from "vitest";
import { bufferModelSink, type Model, writeModel } from "../../src/model/index.ts";
import { codeOf, message, modelAround, openBytes, varint } from "./files.ts";

const open = (fields: Parameters<typeof message>[0]) =>
  openBytes(modelAround(message([[8, "w"], ...fields])));
const pieces = async (model: Model, chunk: number) => {
  const found: Uint8Array[] = [];
  for await (const piece of model.graph.values.get("w")?.constant?.stream(chunk) ?? []) found.push(piece);
  expect(found.every(({ byteLength }) => byteLength <= chunk)).toBe(true);
  return Buffer.concat(found);
};
const numbers = [0, 1, -1, 127, 128, 2 ** 31 - 1, -(2 ** 31), 16_383, 300];
const packed = (values: readonly number[]) =>
  values.flatMap((value) => varint(BigInt.asUintN(64, BigInt(value))));

test.each([1, 3, 7, 64])("numbers that are cut between pieces of %i bytes", async (chunk) => {
  for (const [type, field, width] of [
    [6, 5, 4],
    [7, 7, 8],
  ] as const) {
    const model = await open([
      [1, numbers.length],
      [2, type],
      [field, Uint8Array.from(packed(numbers))],
    ]);
    const expected = Buffer.alloc(numbers.length * width);
    numbers.forEach((value, i) => {
      if (width === 4) expected.writeInt32LE(value, i * 4);
      else expected.writeBigInt64LE(BigInt(value), i * 8);
    });
    expect(await pieces(model, chunk)).toEqual(expected);
  }
});

test("several packed runs, and numbers that stand alone", async () => {
  const [first, second] = [numbers.slice(0, 4), numbers.slice(4)].map((part) =>
    Uint8Array.from(packed(part)),
  );
  const runs = await open([
    [1, numbers.length],
    [2, 6],
    [5, first as Uint8Array],
    [5, second as Uint8Array],
  ]);
  const alone = await open([[1, numbers.length], [2, 6], ...numbers.map((value) => [5, value] as const)]);
  expect((await runs.graph.values.get("w")?.constant?.read())?.data).toEqual(Int32Array.from(numbers));
  expect((await alone.graph.values.get("w")?.constant?.read())?.data).toEqual(Int32Array.from(numbers));
});

test.each<[string, Parameters<typeof message>[0]]>([
  [
    "a number that is cut off",
    [
      [1, 2],
      [2, 7],
      [7, Uint8Array.from([1, 128])],
    ],
  ],
  [
    "a number of eleven bytes",
    [
      [1, 1],
      [2, 7],
      [7, new Uint8Array(11).fill(255)],
    ],
  ],
  [
    "too few numbers",
    [
      [1, 2],
      [2, 7],
      [7, Uint8Array.from([128, 1])],
    ],
  ],
  [
    "too many numbers",
    [
      [1, 1],
      [2, 7],
      [7, Uint8Array.from([1, 1])],
    ],
  ],
])("%s is named when it is read, and while it is written", async (_what, fields) => {
  const model = await open(fields);
  expect(await codeOf(model.graph.values.get("w")?.constant?.read() ?? Promise.resolve())).toBe(
    "MODEL_TENSOR_SIZE",
  );
  expect(await codeOf(writeModel(model, bufferModelSink()))).toBe("MODEL_TENSOR_SIZE");
});
