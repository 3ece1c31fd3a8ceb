// Operators that compute each element, or along the channels, stay where convolutions left them: between two convolutions they
// need no transposes. What they compute is held to TensorFlow's answers by cases.full.test.ts.
import { expect, test } from "vitest";
import { countOperators } from "../../../src/model/index.ts";
import { toOnnx } from "./conversion.ts";
import { type BUILTINS, float32, i8, int32, type OperatorSpec, type TensorSpec, tfliteFile } from "./file.ts";
import { flag, ints } from "./flat.ts";

const shape = [1, 4, 4, 3];
/** Conv2DOptions: strides of 1. */
const CONV: OperatorSpec["options"] = [1, { 0: i8(1), 1: ints([]), 2: ints([]) }];
const WEIGHT: TensorSpec = { shape: [3, 1, 1, 3], data: float32(...new Array(9).fill(0.5)) };
const VECTOR: TensorSpec = { shape: [3], data: float32(1, 2, 3) };
const AXES: TensorSpec = { type: "INT32", shape: [2], data: int32(1, 2) };
const CHANNELS: TensorSpec = { type: "INT32", data: int32(3) };

/** Tensors of the file by number: the results of two convolutions, and the constants above. */
const [LEFT, RIGHT, VEC, ALONG, LAST] = [2, 3, 4, 5, 6];
const [BETWEEN, Y] = [7, 8];

test.for<[name: keyof typeof BUILTINS, inputs: readonly number[], options?: OperatorSpec["options"]]>([
  ["ABS", [LEFT]],
  ["RSQRT", [LEFT]],
  ["SQUARED_DIFFERENCE", [LEFT, VEC]],
  ["MAXIMUM", [VEC, LEFT]],
  ["ATAN2", [LEFT, RIGHT]],
  ["FLOOR_MOD", [LEFT, VEC]],
  ["ADD_N", [LEFT, RIGHT, RIGHT]],
  ["ZEROS_LIKE", [LEFT]],
  ["CAST", [LEFT]],
  ["SOFTMAX", [LEFT]],
  ["LOG_SOFTMAX", [LEFT]],
  ["L2_NORMALIZATION", [LEFT]],
  ["LOCAL_RESPONSE_NORMALIZATION", [LEFT]],
  ["CUMSUM", [LEFT, LAST]],
  // ReducerOptions: the axes stay.
  ["REDUCE_MAX", [LEFT, ALONG], [27, { 0: flag(true) }]],
  ["MEAN", [LEFT, ALONG], [27, { 0: flag(true) }]],
])("%s", async ([name, inputs, options]) => {
  const between: OperatorSpec = { name, inputs, outputs: [BETWEEN], ...(options && { options }) };
  const tensors = [{ name: "x", shape }, WEIGHT, { shape }, { shape }, VECTOR, AXES, CHANNELS, { shape }];
  const file = tfliteFile([
    {
      tensors: [...tensors, { name: "y", shape }],
      inputs: [0],
      outputs: [Y],
      operators: [
        { name: "CONV_2D", inputs: [0, 1], outputs: [LEFT], options: CONV },
        { name: "CONV_2D", inputs: [0, 1], outputs: [RIGHT], options: CONV },
        between,
        { name: "CONV_2D", inputs: [BETWEEN, 1], outputs: [Y], options: CONV },
      ],
    },
  ]);
  expect(countOperators(await toOnnx(file))).toMatchObject({ Conv: 3, Transpose: 2 });
});

test("a condition and what it chooses from meet there too", async () => {
  const file = tfliteFile([
    {
      tensors: [
        { name: "x", shape },
        WEIGHT,
        { shape },
        { shape },
        { type: "BOOL", shape },
        { shape },
        { type: "INT32", data: int32(-1) },
        { name: "y", type: "INT64", shape: shape.slice(0, 3) },
      ],
      inputs: [0],
      outputs: [7],
      operators: [
        { name: "CONV_2D", inputs: [0, 1], outputs: [2], options: CONV },
        { name: "CONV_2D", inputs: [0, 1], outputs: [3], options: CONV },
        { name: "GREATER", inputs: [2, 3], outputs: [4] },
        { name: "SELECT_V2", inputs: [4, 2, 3], outputs: [5] },
        { name: "ARG_MAX", inputs: [5, 6], outputs: [7] },
      ],
    },
  ]);
  expect(countOperators(await toOnnx(file))).toEqual({
    ArgMax: 1,
    Conv: 2,
    Greater: 1,
    Transpose: 1,
    Where: 1,
  });
});

test("what a convolution gives is transposed before it is seen as another shape, and not at all between two", async () => {
  const rows = [1, 16, 3];
  const file = tfliteFile([
    {
      tensors: [
        { name: "x", shape },
        WEIGHT,
        { shape },
        { type: "INT32", shape: [3], data: int32(1, 16, 3) },
        { name: "y", shape: rows },
        { shape: rows },
        { type: "INT32", shape: [4], data: int32(1, 4, 4, 3) },
        { shape },
        { name: "z", shape },
      ],
      inputs: [0],
      outputs: [4, 8],
      operators: [
        { name: "CONV_2D", inputs: [0, 1], outputs: [2], options: CONV },
        { name: "RESHAPE", inputs: [2, 3], outputs: [4] },
        { name: "ABS", inputs: [4], outputs: [5] },
        { name: "RESHAPE", inputs: [5, 6], outputs: [7] },
        { name: "CONV_2D", inputs: [7, 1], outputs: [8], options: CONV },
      ],
    },
  ]);
  const { graph } = await toOnnx(file);
  expect(graph.nodes.map(({ op }) => op).join(" ")).toBe(
    "Transpose Conv Reshape Abs Reshape Conv Transpose Reshape Transpose",
  );
  expect(graph.outputs[0]?.producer?.inputs[0]?.producer?.inputs[0]?.producer?.op).toBe("Conv");
});

test.for<[activation: string, number: number, scale: number, ops: string]>([
  ["RELU6 of 0 to 6", 3, 6 / 255, "Conv QuantizeLinear DequantizeLinear"],
  ["RELU6 of 0 to 12", 3, 12 / 255, "Conv QuantizeLinear Clip DequantizeLinear"],
  ["RELU of 0 to 12", 1, 12 / 255, "Conv QuantizeLinear DequantizeLinear"],
  ["TANH", 4, 1 / 255, "Conv Tanh QuantizeLinear DequantizeLinear"],
])("bytes are limited where that limits anything: %s", async ([, activation, scale, ops]) => {
  const bytes = { type: "UINT8", shape, quantization: { scale: [scale], zero: [0] } } as const;
  const file = tfliteFile([
    {
      tensors: [
        { name: "x", ...bytes },
        {
          type: "UINT8",
          shape: [3, 1, 1, 3],
          data: new Uint8Array(9).fill(1),
          quantization: { scale: [0.5], zero: [0] },
        },
        { ...bytes },
        { name: "y", shape },
      ],
      inputs: [0],
      outputs: [3],
      operators: [
        {
          name: "CONV_2D",
          inputs: [0, 1],
          outputs: [2],
          options: [1, { 0: i8(1), 1: ints([]), 2: ints([]), 3: i8(activation) }],
        },
        { name: "DEQUANTIZE", inputs: [2], outputs: [3] },
      ],
    },
  ]);
  const { graph } = await toOnnx(file);
  const names = graph.nodes.map(({ op }) => op);
  expect(
    names
      .slice(names.indexOf("Conv"))
      .filter((op) => op !== "Transpose")
      .join(" "),
  ).toBe(ops);
});
