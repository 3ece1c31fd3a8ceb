import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import type { ImageInput } from "../../src/model/contract/contract.ts";
import type { DType, Signature, TensorSpec } from "../../src/model/tensor/index.ts";
import { tensors } from "../../src/run/tasks/tensors/index.ts";
import { answerOf, ask, bytes, EMPTY, json, loadModel, ROOT, sessionOf } from "./task.ts";

type Answer = Record<string, { dtype: string; shape: number[]; data: unknown }>;

const input = (name: string, dtype: TensorSpec["dtype"], shape: TensorSpec["shape"] = null): TensorSpec => ({
  name,
  dtype,
  shape,
});
const one: Signature = { inputs: [input("x", "float32", [1, 2])], outputs: [] };
const two: Signature = { inputs: [input("x", "float32", [1, 2]), input("n", "int64", [])], outputs: [] };

/** What the model was fed, where the task gives back what it got. */
async function fedBy(signature: Signature, value: unknown) {
  const session = sessionOf(signature, (feeds) => feeds);
  const { value: answer } = await ask<Answer>(tensors, session, {}, json(value));
  return { fed: session.fed[0] ?? {}, answer };
}
const refusal = (signature: Signature, value: unknown) =>
  ask(
    tensors,
    sessionOf(signature, (x) => x),
    {},
    json(value),
  );

describe("named tensors as JSON", () => {
  const x = { dtype: "float32", shape: [1, 2], data: Float32Array.of(0.5, -3) };
  const n = { dtype: "int64", shape: [], data: BigInt64Array.of(7n) };

  test.each([
    ["by name", { x: [[0.5, -3]], n: 7 }],
    ["under inputs", { inputs: { x: [[0.5, -3]], n: 7 } }],
    [
      "flat, with a shape",
      { x: { shape: [1, 2], data: [0.5, -3] }, n: { shape: [], data: 7, dtype: "int64" } },
    ],
    [
      "as the Open Inference Protocol has them",
      {
        inputs: [
          { name: "n", shape: [], datatype: "INT64", data: [7] },
          { name: "x", shape: [1, 2], datatype: "FP32", data: [[0.5, -3]] },
        ],
      },
    ],
    ["whole numbers as text", { x: [[0.5, -3]], n: "7" }],
  ])("%s", async (_, value) => {
    expect((await fedBy(two, value)).fed).toEqual({ x, n });
  });

  test("bare lists where there is one input, and an input that is called inputs", async () => {
    expect((await fedBy(one, [[0.5, -3]])).fed).toEqual({ x });
    const odd: Signature = { inputs: [input("inputs", "float32")], outputs: [] };
    expect((await fedBy(odd, { inputs: [[0.5, -3]] })).fed).toEqual({ inputs: x });
  });

  test("not-a-number and infinity as text, both ways", async () => {
    const { fed, answer } = await fedBy(one, [["NaN", "-Infinity"]]);
    expect(fed.x?.data).toEqual(Float32Array.of(Number.NaN, Number.NEGATIVE_INFINITY));
    expect(answer.x?.data).toEqual([["NaN", "-Infinity"]]);
  });

  test("64 bits without loss, both ways", async () => {
    const longs: Signature = { inputs: [input("i", "int64"), input("u", "uint64")], outputs: [] };
    const value = {
      i: ["-9223372036854775808", 2 ** 53 - 1, "9223372036854775807"],
      u: ["18446744073709551615"],
    };
    const { fed, answer } = await fedBy(longs, value);
    expect(fed.i?.data).toEqual(BigInt64Array.of(-(2n ** 63n), 2n ** 53n - 1n, 2n ** 63n - 1n));
    expect([answer.i?.data, answer.u?.data]).toEqual([value.i, value.u]);
  });

  test("an empty list, and a tensor of no rows", async () => {
    expect((await fedBy(one, [])).fed.x?.shape).toEqual([0]);
    const { answer } = await fedBy(one, { x: { shape: [0, 3], data: [] } });
    expect(answer.x).toEqual({ dtype: "float32", shape: [0, 3], data: [] });
  });

  test("answers are nested as their shape says, floats with the digits they hold", async () => {
    const session = sessionOf(one, () => ({
      f: { dtype: "float32", shape: [2, 1, 2], data: Float32Array.of(0.1, 1 / 3, 16_777_216, 1e-7) },
      h: { dtype: "float16", shape: [], data: Uint16Array.of(0x3555) },
      d: { dtype: "float64", shape: [1], data: Float64Array.of(0.1 + 0.2) },
      b: { dtype: "bool", shape: [2], data: Uint8Array.of(1, 0) },
      s: { dtype: "string", shape: [1, 1], data: ["ö"] },
    }));
    const { value } = await ask<Answer>(tensors, session, {}, json([[1, 2]]));
    // numpy prints float32(1/3) as 0.33333334, and 1/3 as half float is exactly 0.333251953125.
    expect(JSON.parse(JSON.stringify(value))).toEqual({
      f: { dtype: "float32", shape: [2, 1, 2], data: [[[0.1, 0.33333334]], [[16_777_216, 1e-7]]] },
      h: { dtype: "float16", shape: [], data: 0.33325195 },
      d: { dtype: "float64", shape: [1], data: [0.30000000000000004] },
      b: { dtype: "bool", shape: [2], data: [true, false] },
      s: { dtype: "string", shape: [1, 1], data: [["ö"]] },
    });
  });
});

describe("what is refused", () => {
  test.each([
    ["without names, where there are two", [[1, 2]], "without names"],
    ["an input that is not there", { z: [1] }, '"z"'],
    ["no data", { x: { shape: [1] } }, "x has no data"],
    ["another type", { x: { shape: [1], datatype: "INT32", data: [1] } }, "must be float32"],
    ["a type that does not exist", { x: { shape: [1], datatype: "toString", data: [1] } }, "must be float32"],
    ["a type that is no word", { x: { shape: [1], datatype: 5, data: [1] } }, "must be float32"],
    ["a shape that is none", { x: { shape: [-1], data: [1] } }, "shape of x"],
    ["a shape of words", { x: { shape: "1", data: [1] } }, "shape of x"],
    ["a name twice", [1, 2].map(() => ({ name: "x", data: [[1, 2]] })), "given twice"],
    ["nothing", null, "null"],
    ["a word", "seven", "seven"],
  ])("%s", async (_, value, part) => {
    await expect(refusal(two, value)).rejects.toMatchObject({
      code: "TASK_TENSORS",
      message: expect.stringContaining(part),
      hint: expect.stringContaining("x: float32 [1, 2]; n: int64 []"),
    });
  });

  test("a shape whose product is beyond every number, before memory is taken", async () => {
    await expect(refusal(one, { x: { shape: [2 ** 40, 2 ** 40], data: [1] } })).rejects.toMatchObject({
      code: "MODEL_SHAPE_INVALID",
    });
    await expect(refusal(one, { x: { shape: [2 ** 40], data: [1] } })).rejects.toMatchObject({
      code: "TASK_TENSOR_SHAPE",
    });
    await expect(refusal(one, { x: { shape: [3], data: [[1, 2]] } })).rejects.toMatchObject({
      code: "TASK_TENSOR_SHAPE",
      message: expect.stringContaining("2 values"),
    });
  });

  test.each([
    ["lists of two lengths", [[1, 2], [3]]],
    ["a value beside a list", [[1], 2]],
    ["a list beside a value", [1, [2]]],
    ["deep on one side", [[[1]], [[[1]]]]],
  ])("%s", async (_, value) => {
    await expect(refusal(one, value)).rejects.toMatchObject({ code: "TASK_TENSOR_RAGGED" });
  });

  test.each([
    ["int8", 128],
    ["int8", -129],
    ["uint8", 256],
    ["uint8", -1],
    ["int16", 32_768],
    ["uint16", 65_536],
    ["int32", 2 ** 31],
    ["uint32", 2 ** 32],
    ["int64", 2 ** 53],
    ["int64", "9223372036854775808"],
    ["uint64", "18446744073709551616"],
    ["uint64", "-1"],
    ["int32", 1.5],
    ["int32", "1.5"],
    ["int32", "NaN"],
    ["int64", "1e3"],
    ["int64", ""],
    ["float16", 65_520],
    ["float32", 3.5e38],
    ["bfloat16", 3.4e38],
    ["float32", "1.5"],
    ["float32", "infinity"],
    ["float32", "toString"],
    ["float32", true],
    ["float32", null],
    ["float32", {}],
    ["bool", 2],
    ["bool", "true"],
    ["bool", "1"],
    ["string", 1],
    ["string", null],
  ] as const)("%s: %j is never wrapped, cut or guessed", async (dtype, value) => {
    const signature = { inputs: [input("x", dtype)], outputs: [] };
    await expect(refusal(signature, { x: [value] })).rejects.toMatchObject({
      code: "TASK_TENSOR_VALUE",
      message: expect.stringContaining(dtype),
    });
  });

  test.each([
    ["int8", -128],
    ["uint8", 255],
    ["int32", -(2 ** 31)],
    ["uint32", 2 ** 32 - 1],
    ["float16", 65_504],
    ["float32", 3.4e38],
  ] as const)("%s: %d is the last that fits", async (dtype, value) => {
    const { answer } = await fedBy({ inputs: [input("x", dtype)], outputs: [] }, { x: [value] });
    expect(answer.x?.data).toEqual([value]);
  });

  test("JSON nested 10,000 deep, in every form", async () => {
    const deep = JSON.parse(`${"[".repeat(10_000)}1${"]".repeat(10_000)}`) as unknown;
    const objects = JSON.parse(`${'{"inputs":'.repeat(10_000)}1${"}".repeat(10_000)}`) as unknown;
    for (const value of [deep, { x: deep }, { x: { data: deep } }, { inputs: [{ name: "x", data: deep }] }]) {
      await expect(refusal(one, value)).rejects.toMatchObject({ code: "TASK_TENSOR_DEEP" });
    }
    await expect(refusal(one, objects)).rejects.toMatchObject({ code: "TASK_TENSORS" });
    await expect(refusal(one, { x: { shape: [1], data: objects } })).rejects.toMatchObject({
      code: "TASK_TENSOR_VALUE",
    });
    const deepShape = refusal(one, { x: { shape: deep, data: [1] } });
    await expect(deepShape).rejects.toMatchObject({ code: "TASK_TENSORS" });
    // Deep on the side where the shape is not read off.
    await expect(refusal(one, [1, deep])).rejects.toMatchObject({ code: "TASK_TENSOR_RAGGED" });
    const at64 = JSON.parse(`${"[".repeat(64)}1${"]".repeat(64)}`) as unknown;
    expect((await fedBy(one, at64)).fed.x?.shape).toHaveLength(64);
  });

  test("messages stay short, however long what is wrong is", async () => {
    const long = "x".repeat(1_000_000);
    for (const value of [
      { [long]: 1 },
      { x: [long] },
      { x: { shape: [1], datatype: long, data: [1] } },
      [{ [long]: 1 }],
      long,
    ]) {
      const error = await refusal(two, value).catch((caught: Error) => caught as Error & { hint: string });
      expect((error as Error).message.length).toBeLessThan(200);
    }
    await expect(refusal(one, { x: [{ a: 1 }] })).rejects.toMatchObject({
      message: expect.stringContaining("an object with the keys a where float32 is needed"),
    });
  });

  test("a file or a text", async () => {
    const session = sessionOf(two, (feeds) => feeds);
    const wanted = {
      code: "TASK_MEANING",
      message: expect.stringContaining("x: float32 [1, 2]; n: int64 []"),
    };
    await expect(ask(tensors, session, {}, bytes(new Uint8Array(4)))).rejects.toMatchObject(wanted);
    await expect(ask(tensors, session, {}, { kind: "text", text: "7" })).rejects.toMatchObject(wanted);
  });

  test("a picture, of a model of which nothing but that it takes one is known", async () => {
    const picture: ImageInput = {
      kind: "image",
      tensor: "x",
      size: [2, 2],
      layout: "NHWC",
      color: "RGB",
      resize: "stretch",
      normalize: { scale: 1, mean: [0], std: [1] },
    };
    const shown: Signature = { inputs: [input("x", "float32", [1, 2, 2, 3])], outputs: [] };
    const pixels = Buffer.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    const raw = { width: 2, height: 2, channels: 3 as const };
    const file = await sharp(pixels, { raw }).png().toBuffer();
    const told = { inputs: { image: picture } };
    for (const given of [bytes(file), { kind: "text" as const, text: file.toString("base64") }]) {
      const session = sessionOf(shown, (feeds) => feeds);
      const { value } = await ask<Answer>(tensors, session, told, given);
      expect(session.fed).toEqual([
        { x: { dtype: "float32", shape: [1, 2, 2, 3], data: Float32Array.from(pixels) } },
      ]);
      expect(value.x?.shape).toEqual([1, 2, 2, 3]);
    }
    const other = sessionOf(shown, (feeds) => feeds);
    await expect(ask(tensors, other, told, bytes(new Uint8Array(40)))).rejects.toMatchObject({
      code: "MEDIA_PICTURE_UNKNOWN",
    });
    // Where more than the picture is to be given, a picture alone is no answer.
    const more = { inputs: { image: picture, n: { kind: "tensor" as const, tensor: "n" } } };
    await expect(ask(tensors, other, more, bytes(file))).rejects.toMatchObject({ code: "TASK_MEANING" });
  });

  test.for<[what: string, dtype: DType, shape: (number | null)[], wanted: string | null]>([
    ["the words of a text", "int32", [1, 256], "`tensors: { ids: x }` and a `tokenizer`"],
    ["as many words as there are", "int64", [null, null], "`kind: text`"],
    ["words of one text", "int64", [1, null], "`kind: text`"],
    ["a picture", "float32", [1, 3, 224, 224], "`kind: image`"],
    ["a picture whose channels are last", "uint8", [null, 224, 224, 3], "`kind: image`"],
    ["a sound", "float32", [1, 16_000], "`kind: audio`"],
    ["a row of a table", "float32", [1, 30], null],
    ["a number", "int64", [], null],
  ])("%s: what model.yaml would have to say", async ([, dtype, shape, wanted]) => {
    const inputs = [{ name: "x", dtype, shape }];
    const outputs = [{ name: "y", dtype: "float32" as const, shape: [1, 2] }];
    const session = sessionOf({ inputs, outputs }, (feeds) => feeds);
    const error = await ask(tensors, session, {}, bytes(new Uint8Array(4))).catch((caught) => caught);
    expect(error).toMatchObject({ code: "TASK_MEANING" });
    expect(error.hint).toContain("docs/model-yaml.md");
    if (wanted === null) expect(error.hint).not.toContain("kind:");
    else expect(error.hint).toContain(wanted);
  });
});

describe("through the runtime", () => {
  const values: Record<string, unknown[]> = {
    float32: [[0.1, -2.5e-8, "Infinity"]],
    float64: [[0.1, 1e300, "NaN"]],
    float16: [[0.5, -65_504, 0]],
    int8: [[-128, 127]],
    uint8: [[0, 255]],
    int16: [[-32_768, 32_767]],
    uint16: [[0, 65_535]],
    int32: [[-(2 ** 31), 2 ** 31 - 1]],
    uint32: [[0, 2 ** 32 - 1]],
    int64: [["-9223372036854775808", 5]],
    uint64: [["18446744073709551615", 0]],
    bool: [[true, false]],
    string: [["Mörkö", ""]],
  };

  test.each(Object.entries(values))("%s comes back as it was given", async (dtype, data) => {
    const model = await loadModel(join(ROOT, "tests/fixtures/serve", `identity-${dtype}.onnx`));
    try {
      const [name = ""] = model.opened.signature.outputs.map((each) => each.name);
      const { value } = await answerOf<Answer>(model.predict(json(data)));
      expect(value[name]).toEqual({ dtype, shape: [1, (data[0] as unknown[]).length], data });
    } finally {
      await model.close();
    }
  });
});

describe("an example", () => {
  test("zeros of the model's shapes, open dimensions as one", async () => {
    const signature: Signature = {
      inputs: [
        input("x", "float32", [2, null]),
        input("s", "string", ["batch"]),
        input("b", "bool", []),
        input("n", "int64"),
      ],
      outputs: [],
    };
    const example = await tensors.example(EMPTY, signature);
    const given = JSON.parse(Buffer.from(example?.bytes ?? []).toString()) as unknown;
    expect(given).toEqual({ inputs: { x: [[0], [0]], s: ["0"], b: false, n: 0 } });
    expect((await fedBy(signature, given)).fed.x?.shape).toEqual([2, 1]);
  });

  test("none where it would be large, or where nothing is known", async () => {
    expect(
      await tensors.example(EMPTY, { inputs: [input("x", "float32", [1, 3, 2048, 2048])], outputs: [] }),
    ).toBe(null);
    expect(await tensors.example(EMPTY)).toBe(null);
  });
});

test("the answer in words is cut short", () => {
  const data = Array.from({ length: 30 }, (_, i) => i / 3);
  const text = tensors.print({
    y: { dtype: "float32", shape: [30], data },
    s: { dtype: "string", shape: [], data: "ö" },
  });
  expect(text).toContain("y  float32 [30]\n  0 0.333333 0.666667 1");
  expect(text).toContain("… and 6 more");
  expect(text).toContain('s  string []\n  "ö"');
});
