// What becomes of a TFLite file in ONNX operators; what the operators compute is held to the TFLite library elsewhere.
import { expect, test } from "vitest";
import { checkModel, countOperators, type Model, signatureOf } from "../../../src/model/index.ts";
import { floats } from "../../runtime/tensors.ts";
import { bytesOfModel, openSession, runSession } from "../evaluate.ts";
import { openBytes } from "../files.ts";
import { adding, float32, i8, int32, text, tfliteFile } from "./file.ts";
import { i32, ints, table, tables } from "./flat.ts";

async function convert(file: Uint8Array): Promise<Model> {
  const model = await openBytes(file, {}, "model.tflite");
  const lowered = await model.toOnnx?.();
  if (!lowered) throw new Error("it speaks ONNX already");
  expect((await checkModel(lowered.model)).filter(({ severity }) => severity === "error")).toEqual([]);
  expect(signatureOf(lowered.model)).toEqual(signatureOf(model));
  expect(lowered.model.attachments).toBe(model.attachments);
  return lowered.model;
}

test("inputs and outputs keep their names, also where a value is both", async () => {
  const model = await convert(
    adding({
      tensors: [
        { name: "x", shape: [2] },
        { name: "constructor", shape: [2] },
        { name: "y:0", shape: [2] },
      ],
      outputs: [2, 0],
    }),
  );
  const session = await openSession(await bytesOfModel(model));
  const answer = await runSession(session, { x: floats([1, 2]), constructor: floats([10, 20]) });
  expect(answer).toEqual({ "y:0": floats([11, 22]), x: floats([1, 2]) });
});

test("an input that has a content is a constant, and is not fed", async () => {
  const two = { shape: [2] };
  const model = await convert(
    adding({
      tensors: [
        { ...two, name: "a" },
        { ...two, name: "b", data: float32(10, 20) },
        { ...two, name: "sum" },
      ],
    }),
  );
  const session = await openSession(await bytesOfModel(model));
  expect(await runSession(session, { a: floats([1, 2]) })).toEqual({ sum: floats([11, 22]) });
});

/** VAR_HANDLE's options: the name of what it is a handle of. */
const handle = (name: string) => [111, { 1: text(name) }] as const;

test("what is kept from run to run has the name that its handle has too, and no name is there twice", async () => {
  const two = { shape: [2] };
  const model = await convert(
    tfliteFile([
      {
        tensors: [
          { ...two, name: "x" },
          { name: "kept", type: "RESOURCE" },
          { ...two, name: "kept" },
          { ...two, name: "kept_next" },
          { ...two, name: "" },
          { ...two, name: "x", isVariable: true },
          { ...two, name: "y" },
        ],
        inputs: [0],
        outputs: [3, 3, 5, 4, 6],
        operators: [
          { name: "VAR_HANDLE", inputs: [], outputs: [1], options: handle("kept") },
          { name: "READ_VARIABLE", inputs: [1], outputs: [2] },
          { name: "ADD", inputs: [0, 2], outputs: [3] },
          { name: "ASSIGN_VARIABLE", inputs: [1, 3], outputs: [] },
          { name: "ADD", inputs: [3, 5], outputs: [4] },
          { name: "ADD", inputs: [4, 4], outputs: [6] },
        ],
      },
    ]),
  );
  const { inputs, outputs } = signatureOf(model);
  expect(inputs.map(({ name }) => name)).toEqual(["x", "x_2", "kept"]);
  expect(outputs.map(({ name }) => name)).toEqual([
    "kept_next",
    "kept_next_1",
    "x_1",
    "#4",
    "y",
    "x_next",
    "kept_next_2",
  ]);
  const session = await openSession(await bytesOfModel(model));
  const answer = await runSession(session, {
    x: floats([1, 2]),
    x_2: floats([100, 200]),
    kept: floats([10, 20]),
  });
  expect(answer).toEqual({
    kept_next: floats([11, 22]),
    kept_next_1: floats([11, 22]),
    x_1: floats([100, 200]),
    "#4": floats([111, 222]),
    y: floats([222, 444]),
    x_next: floats([100, 200]),
    kept_next_2: floats([11, 22]),
  });
});

const shape = [1, 4, 4, 3];

test("neighbouring convolutions and what lies between them need no transposes inside", async () => {
  const weight = { shape: [3, 1, 1, 3], data: float32(...new Array(9).fill(0.5)) };
  const file = tfliteFile([
    {
      tensors: [
        { name: "x", shape },
        weight,
        { shape },
        { shape },
        { shape: [3], data: float32(1, 2, 3) },
        { shape },
        { name: "y", shape },
      ],
      inputs: [0],
      outputs: [6],
      operators: [
        { name: "CONV_2D", inputs: [0, 1], outputs: [2], options: [1, CONV] },
        { name: "RELU", inputs: [2], outputs: [3] },
        { name: "ADD", inputs: [3, 4], outputs: [5] },
        { name: "CONV_2D", inputs: [5, 1], outputs: [6], options: [1, CONV] },
      ],
    },
  ]);
  const model = await convert(file);
  expect(countOperators(model)).toEqual({ Add: 1, Conv: 2, Relu: 1, Transpose: 2 });
});

/** Conv2DOptions: VALID, strides of 1. */
const CONV = { 0: i8(1), 1: ints([]), 2: ints([]) };

test("everything that is missing is told at once, with the first of each kind", async () => {
  const two = { shape: [2] };
  const file = adding({
    tensors: [two, two, { name: "sum", shape: [2] }, two, { name: "mine", shape: [2] }, two],
    operators: [
      { name: "CUSTOM", custom: "Mine", inputs: [0], outputs: [4] },
      { name: "CUSTOM", custom: "Mine", inputs: [4], outputs: [3] },
      { name: "CUSTOM", custom: "ADD", inputs: [3], outputs: [5] },
      { name: "ADD", inputs: [5, 1], outputs: [2] },
    ],
  });
  const model = await openBytes(file, {}, "model.tflite");
  await expect(model.toOnnx?.()).rejects.toMatchObject({
    code: "MODEL_OPERATORS_UNSUPPORTED",
    message: expect.stringContaining(
      "Modelyard knows no equivalent in ONNX of 2 custom operator Mine [first: operator 0, mine]; 1 custom operator ADD [operator 2, t5]: 3 of the model's operators.",
    ),
    where: expect.stringMatching(/^model\.tflite, byte \d+$/),
  });
});

/** A model whose second subgraph calls one. */
function calling(index: number): Uint8Array {
  const tensors = [
    { name: "x", shape: [2] },
    { name: "y", shape: [2] },
  ];
  const calls = (to: number) =>
    ({
      tensors,
      inputs: [0],
      outputs: [1],
      operators: [{ name: "CALL", inputs: [0], outputs: [1], options: [16, { 0: i32(to) }] }],
    }) as const;
  const adds = {
    tensors,
    inputs: [0],
    outputs: [1],
    operators: [{ name: "ADD", inputs: [0, 0], outputs: [1] }],
  } as const;
  return tfliteFile([calls(1), calls(index), adds]);
}

test("subgraphs stand in the place of their calls, and may not call themselves", async () => {
  expect(countOperators(await convert(calling(2)))).toEqual({ Add: 1 });
  for (const index of [0, 1]) {
    const model = await openBytes(calling(index), {}, "model.tflite");
    await expect(model.toOnnx?.()).rejects.toMatchObject({ code: "MODEL_TFLITE_GRAPH" });
  }
  const model = await openBytes(calling(7), {}, "model.tflite");
  await expect(model.toOnnx?.()).rejects.toMatchObject({
    code: "MODEL_OPERATORS_UNSUPPORTED",
    message: expect.stringContaining("there is no subgraph 7"),
  });
});

/** DimensionMetadata: a dense level of a length; one by segments and indices of 32 bits. */
const dense = (size: number) => ({ 0: i8(0), 1: int32Field(size) });
const csr = (segments: readonly number[], indices: readonly number[]) => ({
  0: i8(1),
  2: i8(1),
  3: table({ 0: ints(segments) }),
  4: i8(1),
  5: table({ 0: ints(indices) }),
});
const int32Field = (value: number) => ({ inline: int32(value) });

test("a sparse constant is unpacked by its blocks", async () => {
  // 4×4 in blocks of 2×2 (schema.fbs, SparsityParameters): those at rows 0..1, columns 2..3, and rows 2..3, columns 0..1.
  const blocks = {
    0: ints([0, 1, 2, 3]),
    1: ints([0, 1]),
    2: tables([dense(2), csr([0, 1, 2], [1, 0]), dense(2), dense(2)]),
  };
  const sparse = (sparsity: typeof blocks) =>
    tfliteFile([
      {
        tensors: [
          { name: "x", shape: [4, 4] },
          { shape: [4, 4], data: float32(1, 2, 3, 4, 5, 6, 7, 8), sparsity },
          { name: "w", shape: [4, 4] },
          { name: "y", shape: [4, 4] },
        ],
        inputs: [0],
        outputs: [3],
        operators: [
          { name: "DENSIFY", inputs: [1], outputs: [2] },
          { name: "ADD", inputs: [0, 2], outputs: [3] },
        ],
      },
    ]);
  const model = await convert(sparse(blocks));
  expect(countOperators(model)).toEqual({ Add: 1 });
  const constant = model.graph.nodes[0]?.inputs[1]?.constant;
  expect((await constant?.read())?.data).toEqual(
    Float32Array.of(0, 0, 1, 2, 0, 0, 3, 4, 5, 6, 0, 0, 7, 8, 0, 0),
  );
  for (const wrong of [
    { ...blocks, 0: ints([0, 1, 2, 2]) },
    { ...blocks, 1: ints([0, 9]) },
    { ...blocks, 2: tables([dense(2), csr([0, 1, 2], [1, 5]), dense(2), dense(2)]) },
    { ...blocks, 2: tables([dense(2), csr([0, 1, 9], [1, 0]), dense(2), dense(2)]) },
    { ...blocks, 2: tables([dense(2), csr([0, 2, 2], [1, 0]), dense(2), dense(4)]) },
  ]) {
    const damaged = await convert(sparse(wrong));
    await expect(damaged.graph.nodes[0]?.inputs[1]?.constant?.read()).rejects.toMatchObject({
      code: "MODEL_TFLITE_SPARSE",
    });
  }
});

/** A model that calls a subgraph twice: the amplitudes of signals of a length. */
function amplitudes(length: number): Uint8Array {
  const given = [2, 1, length];
  const half = [2, 1, length / 2 + 1];
  const tensors = [
    { name: "x", shape: given },
    { type: "INT32", shape: [2], data: int32(1, length) },
    { type: "COMPLEX64", shape: half },
    { name: "y", shape: half },
    { name: "z", shape: half },
  ] as const;
  const call = (output: number) =>
    ({ name: "CALL", inputs: [0], outputs: [output], options: [16, { 0: i32(1) }] }) as const;
  return tfliteFile([
    { tensors, inputs: [0], outputs: [3, 4], operators: [call(3), call(4)] },
    {
      tensors,
      inputs: [0],
      outputs: [3],
      operators: [
        { name: "RFFT2D", inputs: [0, 1], outputs: [2] },
        { name: "COMPLEX_ABS", inputs: [2], outputs: [3] },
      ],
    },
  ]);
}

test("signals of up to 512 numbers are transformed by products with the same constants, longer ones by DFT", async () => {
  const short = await convert(amplitudes(512));
  expect(countOperators(short)).toMatchObject({ MatMul: 4 });
  expect(countOperators(short)).not.toHaveProperty("DFT");
  const constants = [...short.graph.values.values()].filter(({ constant }) => constant?.shape[0] === 512);
  expect(constants).toHaveLength(2);

  const long = await convert(amplitudes(1024));
  expect(countOperators(long)).toMatchObject({ DFT: 2 });
  expect(countOperators(long)).not.toHaveProperty("MatMul");
});

test("the branches of a condition read the same constants", async () => {
  const x = { name: "x", shape: [1, 512] };
  const tensors = [
    x,
    { name: "c", type: "BOOL", shape: [1] },
    { name: "y", shape: [1, 257] },
    { type: "INT32", shape: [2], data: int32(1, 512) },
    { type: "COMPLEX64", shape: [1, 257] },
  ] as const;
  const branch = {
    tensors,
    inputs: [0],
    outputs: [2],
    operators: [
      { name: "RFFT2D", inputs: [0, 3], outputs: [4] },
      { name: "COMPLEX_ABS", inputs: [4], outputs: [2] },
    ],
  } as const;
  const choice = {
    name: "IF",
    inputs: [1, 0],
    outputs: [2],
    options: [92, { 0: i32(1), 1: i32(2) }],
  } as const;
  const file = tfliteFile([{ tensors, inputs: [0, 1], outputs: [2], operators: [choice] }, branch, branch]);
  const model = await convert(file);
  expect(countOperators(model)).toMatchObject({ If: 1, MatMul: 4 });
  expect([...model.graph.values.values()].filter(({ constant }) => constant)).toHaveLength(2);
  const session = await openSession(await bytesOfModel(model));
  const ones = floats(new Array<number>(512).fill(1), [1, 512]);
  for (const c of [0, 1]) {
    const condition = { dtype: "bool", shape: [1], data: Uint8Array.of(c) } as const;
    const answer = await runSession(session, { x: ones, c: condition });
    expect(answer.y?.data[0]).toBeCloseTo(512, 2);
    expect(answer.y?.data[1]).toBeCloseTo(0, 2);
  }
});

test("waves of one frequency are told by it", async () => {
  for (const length of [512, 1024]) {
    const session = await openSession(await bytesOfModel(await convert(amplitudes(length))));
    const waves = [7, length / 2].flatMap((k) =>
      Array.from({ length }, (_, n) => Math.cos((2 * Math.PI * ((k * n) % length)) / length)),
    );
    const answer = await runSession(session, { x: floats(waves, [2, 1, length]) });
    const half = length / 2 + 1;
    // The sum of squares of the cosine, and of what is 1 and -1 in turn.
    const wanted = new Array<number>(2 * half).fill(0);
    wanted[7] = length / 2;
    wanted[2 * half - 1] = length;
    expect(answer.y?.shape).toEqual([2, 1, half]);
    for (const [i, each] of wanted.entries()) expect(answer.y?.data[i]).toBeCloseTo(each, 2);
  }
});

test("a probability far from zero is right to its last digits, also where it is only moved behind", async () => {
  const file = tfliteFile([
    {
      tensors: [
        { name: "x", shape: [1, 4] },
        { shape: [1, 4] },
        { shape: [4] },
        { name: "y", shape: [8] },
        { type: "INT32", shape: [1], data: int32(4) },
      ],
      inputs: [0],
      outputs: [3],
      operators: [
        { name: "LOGISTIC", inputs: [0], outputs: [1] },
        { name: "RESHAPE", inputs: [1, 4], outputs: [2] },
        { name: "CONCATENATION", inputs: [2, 2], outputs: [3], options: [10, { 0: i32(0) }] },
      ],
    },
  ]);
  const session = await openSession(await bytesOfModel(await convert(file)));
  const given = [-40, -19, -9, 3];
  const { y } = await runSession(session, { x: floats(given, [1, 4]) });
  const wanted = given.map((x) => 1 / (1 + Math.exp(-x)));
  for (const [i, each] of [...wanted, ...wanted].entries())
    expect(Math.abs(Number(y?.data[i]) / each - 1), `of ${given[i % 4]}`).toBeLessThan(1e-6);
});
