// What an operator cannot be converted for is told, and nothing else happens.
import { expect, test } from "vitest";
import { toOnnx } from "./conversion.ts";
import { float32, int32, type OperatorSpec, type TensorSpec, tfliteFile } from "./file.ts";
import { flag } from "./flat.ts";

const shape = [1, 4, 4, 3];
const bare: TensorSpec = { type: "INT8", shape };
const bytes = (scale: number): TensorSpec => ({ ...bare, quantization: { scale: [scale] } });
const many = new Array<number>(10_001).fill(0);

test.for<[why: string, operator: OperatorSpec, tensors: readonly TensorSpec[]]>([
  [
    "an output of the model is complex",
    { name: "RFFT2D", inputs: [0, 1], outputs: [2] },
    [{ shape }, { type: "INT32", shape: [2], data: int32(4, 4) }, { type: "COMPLEX64", shape }],
  ],
  [
    "it has no axis 9, of 4",
    { name: "ARG_MAX", inputs: [0, 1], outputs: [2] },
    [{ shape }, { type: "INT32", data: int32(9) }, { type: "INT64", shape: [1, 4, 4] }],
  ],
  [
    "it has no axis -5, of 4",
    { name: "REDUCE_MAX", inputs: [0, 1], outputs: [2] },
    [{ shape }, { type: "INT32", shape: [1], data: int32(-5) }, { shape: [4, 4, 3] }],
  ],
  [
    "its numbers are string",
    { name: "ADD", inputs: [0, 0], outputs: [2] },
    [{ type: "STRING", shape }, { shape }, { type: "STRING", shape }],
  ],
  [
    "its numbers are bool",
    { name: "RSQRT", inputs: [0], outputs: [2] },
    [{ type: "BOOL", shape }, { shape }, { type: "BOOL", shape }],
  ],
  [
    "it has more than 10000 inputs",
    { name: "ADD_N", inputs: many, outputs: [2] },
    [{ shape }, { shape }, { shape }],
  ],
  [
    "its condition has 2 axes, and what it selects 4",
    { name: "SELECT", inputs: [1, 0, 0], outputs: [2] },
    [{ shape }, { type: "BOOL", shape: [1, 4] }, { shape }],
  ],
  [
    "its input is a scalar",
    { name: "WHERE", inputs: [1], outputs: [2] },
    [{}, { shape: [], fields: { 8: flag(true) } }, {}],
  ],
  ["its input 0 is left out", { name: "ABS", inputs: [-1], outputs: [2] }, [{ shape }, { shape }, { shape }]],
  [
    "its input 1 is left out",
    { name: "MAXIMUM", inputs: [0], outputs: [2] },
    [{ shape }, { shape }, { shape }],
  ],
  [
    "its output declares the shape [3] and is a constant of the shape [2]",
    { name: "DEQUANTIZE", inputs: [1], outputs: [2] },
    [{ shape }, { type: "FLOAT16", shape: [2], data: new Uint8Array(4) }, { shape: [3] }],
  ],
  [
    "one of its shapes has 2139095040 lengths",
    { name: "BROADCAST_ARGS", inputs: [0, 1], outputs: [2] },
    [
      { type: "INT32", shape: [2_139_095_040] },
      { type: "INT32", shape: [4] },
      { type: "INT32", shape: [4] },
    ],
  ],
  [
    "what it gives, t2, has a scale of 0",
    { name: "RELU", inputs: [0], outputs: [2] },
    [bytes(0.5), bytes(0.5), bytes(0)],
  ],
  [
    "what it gives, t2, has a scale of 7.3",
    { name: "ADD", inputs: [0, 1], outputs: [2] },
    [bytes(0.5), bytes(0.5), bytes(2 ** -130)],
  ],
  [
    "its input, t0, has a scale of 0",
    { name: "SOFTMAX", inputs: [0], outputs: [2] },
    [bytes(0), bytes(0.5), bytes(0.5)],
  ],
  ...(["LEAKY_RELU", "LOGISTIC", "MEAN", "SOFTMAX"] as const).map(
    (name): [string, OperatorSpec, TensorSpec[]] => [
      "what it gives, t2, has a scale of 0",
      { name, inputs: [0, 1], outputs: [2] },
      [
        { ...bytes(0.5), type: "INT16" },
        { type: "INT32", shape: [2], data: int32(1, 2) },
        { ...bytes(0), type: "INT16" },
      ],
    ],
  ),
  // Layers in whole numbers have tensors that say of what is in between.
  [
    "its numbers are whole, and 0 tensors say of what is between",
    { name: "UNIDIRECTIONAL_SEQUENCE_LSTM", inputs: [0, ...new Array<number>(19).fill(1)], outputs: [2] },
    [
      { ...bytes(0.5), shape: [1, 4, 3] },
      { ...bytes(0.5), shape: [3, 3], data: new Uint8Array(9) },
      bytes(0.5),
    ],
  ],
  [
    "its numbers are whole, and TensorFlow Lite's own kernel takes real numbers alone",
    { name: "UNIDIRECTIONAL_SEQUENCE_RNN", inputs: [0, 1, 1, 1, 1], outputs: [2] },
    [
      { ...bytes(0.5), shape: [1, 4, 3] },
      { ...bytes(0.5), shape: [3, 3], data: new Uint8Array(9) },
      bytes(0.5),
    ],
  ],
  // Bytes without a scale stand for no real numbers: as an input, as a weight, as an output.
  ["t0 has no scale", { name: "MUL", inputs: [0, 1], outputs: [2] }, [bare, bytes(0.5), bytes(0.5)]],
  ["t0 has no scale", { name: "RELU", inputs: [0], outputs: [2] }, [bare, bytes(0.5), bytes(0.5)]],
  ["t2 has no scale", { name: "SOFTMAX", inputs: [0], outputs: [2] }, [bytes(0.5), bare, bare]],
  [
    "t1 has no scale",
    { name: "CONV_2D", inputs: [0, 1], outputs: [2] },
    [bytes(0.5), { ...bare, shape: [2, 1, 1, 3], data: new Uint8Array(6) }, bytes(0.5)],
  ],
  [
    "is not of whole numbers",
    { name: "ARG_MAX", inputs: [0, 1], outputs: [2] },
    [{ shape }, { data: float32(0.5) }, { type: "INT64", shape: [1, 4, 4] }],
  ],
])("%s", async ([why, operator, tensors]) => {
  const file = tfliteFile([{ tensors, inputs: [0, 1], outputs: [2], operators: [operator] }]);
  await expect(toOnnx(file)).rejects.toMatchObject({
    code: "MODEL_OPERATORS_UNSUPPORTED",
    message: expect.stringContaining(why),
  });
});

test("a constant that an operator makes may be declared in another shape of as many elements, or in none", async () => {
  for (const declared of [{ shape: [4] }, { shape: [2, 2] }, { shape: [4], open: [-1] }, {}]) {
    const model = await toOnnx(
      tfliteFile([
        {
          tensors: [
            { type: "FLOAT16", shape: [2, 2], data: new Uint8Array(8) },
            { ...declared },
            { shape: [2, 2] },
            { shape: [2, 2] },
          ],
          inputs: [2],
          outputs: [3],
          operators: [
            { name: "DEQUANTIZE", inputs: [0], outputs: [1] },
            { name: "ADD", inputs: [2, 2], outputs: [3] },
          ],
        },
      ]),
    );
    expect(model.graph.nodes.map(({ op }) => op)).toEqual(["Add"]);
  }
});
