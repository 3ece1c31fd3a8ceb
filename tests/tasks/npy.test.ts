import { describe, expect, test } from "vitest";
import type { DType, Tensor } from "../../src/model/tensor/index.ts";
import { fromBfloat16, fromHalf } from "../../src/model/tensor/index.ts";
import { readNamedTensor } from "../../src/run/tasks/index.ts";
import { taskFile } from "./task.ts";

/** What numpy reads of the files: npy.py. Numbers as Python writes them. */
const expected = JSON.parse(taskFile("npy.json").toString()) as Record<
  string,
  { shape: number[]; data: string[] }
>;
const spec = (dtype: DType) => ({ name: "x", dtype, shape: null });
const read = (file: string, dtype: DType) =>
  readNamedTensor(spec(dtype), taskFile(`${file}.npy`), `${file}.npy`);

/** The elements of a tensor as Python would write them, whole numbers without loss. */
function elements({ dtype, data }: Tensor): (number | bigint | string)[] {
  if (Array.isArray(data)) return data;
  if (dtype === "float16") return Array.from(data as Uint16Array, fromHalf);
  if (dtype === "bfloat16") return Array.from(data as Uint16Array, fromBfloat16);
  return Array.from(data as Iterable<number | bigint>);
}

function wanted(file: string, dtype: DType): (number | bigint | string)[] {
  return (expected[file]?.data ?? []).map((text) => {
    if (dtype === "string") return text;
    if (dtype === "bool") return Number(text === "True");
    if (/int64/.test(dtype)) return BigInt(text.replace(/\.0$/, ""));
    return Number(text.replace("inf", "Infinity"));
  });
}

const OWN_TYPE: [string, DType][] = [
  ["i1", "int8"],
  ["i2", "int16"],
  ["i4", "int32"],
  ["i8", "int64"],
  ["u1", "uint8"],
  ["u2", "uint16"],
  ["u4", "uint32"],
  ["u8", "uint64"],
  ["f2", "float16"],
  ["f4", "float32"],
  ["f8", "float64"],
  ["big-i4", "int32"],
  ["big-f8", "float64"],
  ["extreme-i8", "int64"],
  ["extreme-u8", "uint64"],
  ["halves", "float16"],
  ["bool", "bool"],
  ["fortran", "float32"],
  ["scalar", "float32"],
  ["empty", "float32"],
  ["text", "string"],
  ["bytes", "string"],
  ["big-text", "string"],
  ["version-2", "float32"],
  ["version-3", "float32"],
];

describe("a .npy file", () => {
  test.each(OWN_TYPE)("%s as its own type, %s", (file, dtype) => {
    const tensor = read(file, dtype);
    expect([tensor.dtype, tensor.shape]).toEqual([dtype, expected[file]?.shape]);
    expect(elements(tensor)).toEqual(wanted(file, dtype));
  });

  const NUMBERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"] as const;
  const FLOATS = ["float16", "bfloat16", "float32", "float64"] as const;
  test.each(["i1", "i8", "u4", "f2", "f4", "f8"])(
    "%s as every type that its small whole numbers fit",
    (file) => {
      for (const dtype of [...NUMBERS, ...FLOATS]) {
        const tensor = read(file, dtype);
        expect([tensor.dtype, tensor.shape]).toEqual([dtype, [2, 3]]);
        expect(elements(tensor).map(Number)).toEqual([0, 1, 2, 3, 100, 127]);
      }
    },
  );

  test("float32 becomes float64 as it is, not as it is printed", () => {
    const tensor = readNamedTensor(spec("float64"), npyOfOneFloat32(0.1), "x.npy");
    expect(elements(tensor)).toEqual([Math.fround(0.1)]);
  });

  test.each([
    ["big-i4", "int8", "993"],
    ["big-i4", "uint32", "-7"],
    ["extreme-i8", "int32", "-9223372036854775808"],
    ["extreme-i8", "uint64", "-9223372036854775808"],
    ["extreme-u8", "int64", "18446744073709551615"],
    ["big-f8", "int32", "0.3333333333333333"],
    ["big-i4", "float16", "99993"],
    ["halves", "int32", "Infinity"],
    ["halves", "bool", "0.0999755859375"],
    ["text", "float32", "Mörkö"],
    ["i4", "string", "0"],
    ["bool", "float32", "true"],
  ] as const)("%s is refused as %s, never wrapped: %s", (file, dtype, value) => {
    expect(() => read(file, dtype)).toThrow(
      expect.objectContaining({ code: "TASK_TENSOR_VALUE", message: expect.stringContaining(value) }),
    );
  });

  test.each([
    ["objects", "MODEL_NPY_TYPE"],
    ["records", "MODEL_NPY_TYPE"],
    ["dates", "MODEL_NPY_TYPE"],
  ])("%s is refused", (file, code) => {
    expect(() => read(file, "float32")).toThrow(expect.objectContaining({ code }));
  });

  test("one that is cut off anywhere is refused", () => {
    const whole = taskFile("f4.npy");
    for (let length = 6; length < whole.length; length++) {
      expect(
        () => readNamedTensor(spec("float32"), whole.subarray(0, length), "cut.npy"),
        String(length),
      ).toThrow(expect.objectContaining({ code: "MODEL_NPY_DAMAGED" }));
    }
    for (let length = 0; length < 6; length++) {
      expect(() => readNamedTensor(spec("float32"), whole.subarray(0, length), "cut.npy")).toThrow(
        expect.objectContaining({ code: "TASK_TENSOR_FILE" }),
      );
    }
  });
});

describe("a .json file", () => {
  const json = (value: unknown, dtype: DType = "float32") =>
    readNamedTensor(
      spec(dtype),
      Buffer.from(typeof value === "string" ? value : JSON.stringify(value)),
      "x.json",
    );

  test("lists, or the tensor by its name", () => {
    const want = { dtype: "float32", shape: [1, 2], data: Float32Array.of(1.5, -2) };
    expect(json([[1.5, -2]])).toEqual(want);
    expect(json({ x: [[1.5, -2]] })).toEqual(want);
    expect(json({ inputs: { x: { data: [1.5, -2], shape: [1, 2], dtype: "float32" } } })).toEqual(want);
    expect(json([{ name: "x", shape: [1, 2], datatype: "FP32", data: [1.5, -2] }])).toEqual(want);
  });

  test.each(["", "seven", "{", "\u0000\u0001", "PK\u0003\u0004"])("%j is no tensor", (text) => {
    expect(() => json(text)).toThrow(
      expect.objectContaining({ code: "TASK_TENSOR_FILE", message: expect.stringContaining("x.json") }),
    );
  });

  test("an object without the input's name", () => {
    expect(() => json({})).toThrow(expect.objectContaining({ code: "TASK_TENSOR_FILE" }));
    expect(() => json({ y: [1] })).toThrow(expect.objectContaining({ code: "TASK_TENSORS" }));
  });
});

/** numpy.save(…, numpy.float32(value)), by hand. */
function npyOfOneFloat32(value: number): Uint8Array {
  const header = Buffer.from("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }\n");
  const body = Buffer.alloc(4);
  body.writeFloatLE(value);
  return Buffer.concat([
    Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0]),
    header,
    body,
  ]);
}
