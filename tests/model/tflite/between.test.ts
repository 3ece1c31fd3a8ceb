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
