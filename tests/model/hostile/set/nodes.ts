// Nodes: operators, how many inputs they have, their attributes, the types that go in and come out.
import { message } from "../../files.ts";
import {
  attribute,
  BOOL,
  between,
  FLOAT,
  floats,
  INT64,
  info,
  integers,
  node,
  opset,
  tensor,
  tensorType,
  zeros,
} from "../proto.ts";
import type { Hostile } from "../set.ts";

/** One node from x to y. */
const one = (op: string, inputs: readonly string[], ...attributes: Uint8Array[]) =>
  between([node(op, inputs, ["y"], ...attributes.map((each) => [5, each] as const))]);

const pixels = tensorType(FLOAT, [1, 3, 8, 8]);
const kernels = {
  inputs: [info("x", pixels)],
  constants: [floats("w", 4, 3, 3, 3)],
  outputs: [info("y", tensorType(FLOAT, [1, 4, "h", "w"]))],
};
const conv = (...attributes: Uint8Array[]) =>
  between([node("Conv", ["x", "w"], ["y"], ...attributes.map((each) => [5, each] as const))], kernels);

export const NODES: readonly Hostile[] = [
  { name: "an operator that nobody knows", bytes: one("Frobnicate", ["x"]), finds: ["operator-unknown"] },
  { name: "an operator of a later set", bytes: one("Gelu", ["x"]), finds: ["operator-unknown"] },
  { name: "an operator without a name", bytes: one("", ["x"]), finds: ["node-empty"] },
  {
    name: "an operator of a set that is not imported",
    bytes: between([node("FusedConv", ["x", "x"], ["y"], [7, "com.microsoft"])]),
    finds: ["opset-missing"],
  },
  {
    name: "an operator of somebody's own",
    bytes: between(
      [node("Op", ["x"], ["y"], [7, "some.body"])],
      {},
      { opsets: [opset(17), opset(1, "some.body")] },
    ),
    finds: ["operator-unknown"],
  },
  {
    name: "an operator that is no longer",
    bytes: between([node("Upsample", ["x", "s"], ["y"])], { constants: [floats("s", 1)] }),
    finds: ["operator-deprecated"],
  },
  {
    name: "a node without inputs and outputs",
    bytes: between([node("Relu", ["x"], ["y"]), node("Constant", [], [])]),
    finds: ["node-empty"],
  },
  { name: "too few inputs", bytes: one("Add", ["x"]), finds: ["node-arity"] },
  { name: "too many inputs", bytes: one("Relu", ["x", "x", "x"]), finds: ["node-arity"] },
  { name: "too many outputs", bytes: between([node("Relu", ["x"], ["y", "z"])]), finds: ["node-arity"] },
  {
    name: "a node without outputs",
    bytes: between([node("Relu", ["x"], []), node("Sigmoid", ["x"], ["y"])]),
    finds: ["node-arity"],
  },
  { name: "an input left out that must be there", bytes: one("Add", ["", "x"]), finds: ["node-arity"] },
  {
    name: "an output left out that must be there",
    bytes: between([node("Relu", ["x"], [""]), node("Sigmoid", ["x"], ["y"])]),
    finds: ["node-arity"],
  },
  {
    name: "an attribute that there is not",
    bytes: one("Relu", ["x"], attribute("alpha", { float: 1 })),
    finds: ["attribute-unknown"],
  },
  { name: "an attribute that is missing", bytes: one("Cast", ["x"]), finds: ["attribute-missing"] },
  {
    name: "an attribute of the wrong type",
    bytes: one("Softmax", ["x"], attribute("axis", { float: 1 })),
    finds: ["attribute-kind"],
  },
  {
    name: "a list where a number belongs",
    bytes: one("Softmax", ["x"], attribute("axis", { ints: [1, 2] })),
    finds: ["attribute-kind"],
  },
  {
    name: "a graph where a number belongs",
    bytes: one("Softmax", ["x"], attribute("axis", { graph: message([[2, "g"]]) })),
    finds: ["attribute-kind"],
  },
  {
    name: "an attribute declared as another type",
    bytes: one(
      "Softmax",
      ["x"],
      message([
        [1, "axis"],
        [3, 1],
        [20, 1],
      ]),
    ),
    finds: ["attribute-mistyped"],
  },
  {
    name: "an attribute of type 99",
    bytes: one(
      "Softmax",
      ["x"],
      message([
        [1, "axis"],
        [3, 1],
        [20, 99],
      ]),
    ),
    finds: ["attribute-mistyped"],
  },
  {
    name: "an attribute of two values",
    bytes: one(
      "Softmax",
      ["x"],
      message([
        [1, "axis"],
        [3, 0],
        [4, "zero"],
        [20, 2],
      ]),
    ),
    finds: ["attribute-mistyped"],
  },
  {
    name: "an attribute twice",
    bytes: one("Softmax", ["x"], attribute("axis", { int: 0 }), attribute("axis", { int: -1n })),
    finds: ["attribute-twice"],
  },
  {
    name: "an attribute without a value",
    bytes: one("Softmax", ["x"], message([[1, "axis"]])),
    finds: ["attribute-empty"],
  },
  {
    name: "an attribute without a name",
    bytes: one("Softmax", ["x"], attribute("", { int: 0 })),
    finds: ["name-empty", "attribute-unknown"],
  },
  {
    name: "an attribute that stands for another, in no function",
    bytes: one("Softmax", ["x"], attribute("axis", { reference: "a" })),
    finds: ["attribute-reference"],
  },
  {
    name: "padding that there is not",
    bytes: conv(attribute("auto_pad", { string: "SAME" })),
    finds: ["attribute-value"],
  },
  { name: "a group of 0", bytes: conv(attribute("group", { int: 0 })), finds: ["attribute-value"] },
  {
    name: "a negative group",
    bytes: conv(attribute("group", { int: -(2n ** 63n) })),
    finds: ["attribute-value"],
  },
  { name: "strides of 0", bytes: conv(attribute("strides", { ints: [0, 0] })), finds: ["attribute-value"] },
  {
    name: "a kernel of negative size",
    bytes: conv(attribute("kernel_shape", { ints: [-3n, 3] })),
    finds: ["attribute-value"],
  },
  {
    name: "dilations of 0",
    bytes: conv(attribute("dilations", { ints: [0, 1] })),
    finds: ["attribute-value"],
  },
  {
    name: "padding of 2^62",
    bytes: conv(attribute("pads", { ints: [2n ** 62n, 0, 2n ** 62n, 0] })),
    finds: ["attribute-value"],
  },
  {
    name: "a Cast to the type 0",
    bytes: one("Cast", ["x"], attribute("to", { int: 0 })),
    finds: ["attribute-value"],
  },
  {
    name: "a Cast to the type 99",
    bytes: one("Cast", ["x"], attribute("to", { int: 99 })),
    finds: ["attribute-value"],
  },
  {
    name: "blocks of 0",
    bytes: between([node("DepthToSpace", ["x"], ["y"], [5, attribute("blocksize", { int: 0 })])], {
      inputs: [info("x", pixels)],
      outputs: [info("y", tensorType(FLOAT, [1, 3, 8, 8]))],
    }),
    finds: ["attribute-value"],
  },
  {
    name: "a Constant of nothing",
    bytes: between([node("Constant", [], ["y"])], { inputs: [] }),
    finds: ["constant-node"],
  },
  {
    name: "a Constant of two things",
    bytes: between(
      [
        node(
          "Constant",
          [],
          ["y"],
          [5, attribute("value", { tensor: floats("", 2) })],
          [5, attribute("value_float", { float: 1 })],
        ),
      ],
      { inputs: [] },
    ),
    finds: ["constant-node"],
  },
  {
    name: "an input of a type that does not fit",
    bytes: between([node("Conv", ["x", "w"], ["y"])], {
      ...kernels,
      inputs: [info("x", tensorType(INT64, [1, 3, 8, 8]))],
    }),
    finds: ["value-type"],
  },
  {
    name: "inputs of two types",
    bytes: between([node("Add", ["x", "w"], ["y"])], { constants: [integers("w", [2], [1, 2])] }),
    finds: ["value-type"],
  },
  {
    name: "inputs of two types, which follow from others",
    bytes: between([node("Shape", ["x"], ["s"]), node("Neg", ["x"], ["n"]), node("Mul", ["s", "n"], ["y"])]),
    finds: ["value-type"],
  },
  {
    name: "a condition that is a float",
    bytes: between([node("Where", ["x", "x", "x"], ["y"])]),
    finds: ["value-type"],
  },
  {
    name: "an output of another type",
    bytes: between([node("Add", ["x", "x"], ["y"])], { outputs: [info("y", tensorType(BOOL, [2]))] }),
    finds: ["value-type"],
  },
  {
    name: "a sequence where a tensor belongs",
    bytes: between([node("SequenceConstruct", ["x"], ["s"]), node("Relu", ["s"], ["y"])], {
      infos: [info("s", message([[4, message([[1, tensorType(FLOAT, [2])]])]]))],
    }),
    finds: ["value-type"],
  },
  {
    name: "an axis past the rank",
    bytes: one("Softmax", ["x"], attribute("axis", { int: 7 })),
    finds: ["types"],
  },
  {
    name: "an operator without a kernel",
    bytes: between(
      [
        node(
          "Irfft",
          ["x"],
          ["y"],
          [7, "com.microsoft"],
          [5, attribute("normalized", { int: 0 })],
          [5, attribute("onesided", { int: 1 })],
          [5, attribute("signal_ndim", { int: 1 })],
        ),
      ],
      {},
      { opsets: [opset(17), opset(1, "com.microsoft")] },
    ),
    finds: ["operator-kernel"],
  },
  { name: "an axis of -2^63", bytes: one("Softmax", ["x"], attribute("axis", { int: -(2n ** 63n) })) },
  {
    name: "a permutation that is none",
    finds: ["types"],
    bytes: one("Transpose", ["x"], attribute("perm", { ints: [5, -1n, 5] })),
  },
  {
    name: "axes twice",
    bytes: between([node("Unsqueeze", ["x", "a"], ["y"])], { constants: [integers("a", [2], [0, 0])] }),
  },
  {
    name: "a shape of two unknowns",
    bytes: between([node("Reshape", ["x", "s"], ["y"])], { constants: [integers("s", [2], [-1n, -1n])] }),
  },
  {
    name: "a shape that overflows",
    bytes: between([node("Reshape", ["x", "s"], ["y"])], { constants: [integers("s", [2], [2n ** 62n, 4])] }),
  },
  {
    name: "a reduction over a dimension that there is not",
    bytes: one("ReduceMean", ["x"], attribute("axes", { ints: [9] })),
  },
  {
    name: "an equation that is none",
    bytes: one("Einsum", ["x"], attribute("equation", { string: "i,,->->" })),
    finds: ["types"],
  },
  {
    name: "a kernel larger than the picture",
    bytes: between(
      [node("MaxPool", ["x"], ["y"], [5, attribute("kernel_shape", { ints: [2n ** 40n, 99] })])],
      { inputs: [info("x", pixels)] },
    ),
  },
  {
    name: "a slice by steps of 0",
    bytes: between([node("Slice", ["x", "a", "a", "a", "z"], ["y"])], {
      constants: [integers("a", [1], [0]), integers("z", [1], [0])],
    }),
    finds: ["types"],
  },
  {
    name: "a split into negative parts",
    bytes: between([node("Split", ["x", "s"], ["y", "z"])], { constants: [integers("s", [2], [-2n, 4])] }),
  },
  {
    name: "an index past the end",
    bytes: between([node("Gather", ["w", "i"], ["y"])], {
      inputs: [],
      constants: [tensor("w", FLOAT, [2], zeros(8)), integers("i", [1], [-(2n ** 63n)])],
    }),
  },
];
