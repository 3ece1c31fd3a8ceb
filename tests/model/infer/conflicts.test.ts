// Nodes whose inputs and attributes do not go together: inference says so, and the runtime loads no such model or does not run it.
import { expect, test } from "vitest";
import { attribute, checkModel, inferTypes, type Value } from "../../../src/model/graph/index.ts";
import { constantTensor, tensorFromNumbers } from "../../../src/model/tensor/index.ts";
import { bytesOfModel, openSession, runSession } from "../evaluate.ts";
import { feedsOf } from "../passes/answers.ts";
import { type Builder, build } from "../passes/build.ts";

const x = (b: Builder, ...shape: number[]) => b.input("x", "float32", shape);

const matrix = (b: Builder, ...numbers: number[]) => b.constant("int64", [1, numbers.length], numbers);

const einsum = (equation: string, shape: number[]) => (b: Builder) =>
  b.output(b.node("Einsum", [x(b, ...shape)], { equation: attribute.string(equation) }));

const STRETCHED = { broadcast: attribute.int(1) };

const CASES: readonly [says: string, fill: (b: Builder) => void][] = [
  ["9 elements into the shape [2,6]", (b) => b.output(b.node("Reshape", [x(b, 3, 3), b.ints(2, 6)]))],
  ["9 elements into the shape [-1,6]", (b) => b.output(b.node("Reshape", [x(b, 3, 3), b.ints(-1, 6)]))],
  [
    "a length of 0 at axis 2, which copies one that a tensor of rank 2 does not have",
    (b) => b.output(b.node("Reshape", [x(b, 2, 3), b.ints(0, 0, 0)])),
  ],
  [
    "axis 0 has the length 4, where it must be 1 to go",
    (b) => b.output(b.node("Squeeze", [x(b, 4, 1), b.ints(0)])),
  ],
  [
    "the axes 0, 0, of which one is there twice",
    (b) => b.output(b.node("Unsqueeze", [x(b, 4), b.ints(0, 0)])),
  ],
  [
    "perm -1, 5 of a tensor of rank 2",
    (b) => b.output(b.node("Transpose", [x(b, 2, 3)], { perm: attribute.ints([-1, 5]) })),
  ],
  [
    "2 parts for 3 outputs",
    (b) => {
      for (const part of b.nodes("Split", [x(b, 6), b.ints(3, 3)], 3)) b.output(part);
    },
  ],
  [
    "parts of 6 in all, of an axis that has 4",
    (b) => {
      for (const part of b.nodes("Split", [x(b, 4), b.ints(3, 3)], 2)) b.output(part);
    },
  ],
  [
    "4 equal parts of an axis that has 6",
    (b) => {
      for (const part of b.nodes("Split", [x(b, 6)], 4)) b.output(part);
    },
  ],
  [
    "a kernel_shape of 7×7 for a weight of 3×3",
    (b) =>
      b.output(
        b.node("Conv", [x(b, 1, 3, 8, 8), b.weights([4, 3, 3, 3])], { kernel_shape: attribute.ints([7, 7]) }),
      ),
  ],
  [
    "data of 2 channels for a weight that takes 3",
    (b) => b.output(b.node("Conv", [x(b, 1, 2, 8, 8), b.weights([4, 3, 3, 3])])),
  ],
  [
    "a bias of [3] for 4 channels",
    (b) => b.output(b.node("Conv", [x(b, 1, 3, 8, 8), b.weights([4, 3, 3, 3]), b.weights([3])])),
  ],
  [
    "a bias of [2] for 4 channels",
    (b) => b.output(b.node("ConvTranspose", [x(b, 1, 3, 8, 8), b.weights([3, 4, 3, 3]), b.weights([2])])),
  ],
  ["index 4 into axis 0, which has 4", (b) => b.output(b.node("Gather", [x(b, 4, 2), b.ints(0, 4)]))],
  [
    "index -3 into axis 1, which has 2",
    (b) => b.output(b.node("Gather", [x(b, 4, 2), matrix(b, 0, -3)], { axis: attribute.int(1) })),
  ],
  [
    "index 4 into axis 0, which has 4",
    (b) => b.output(b.node("GatherElements", [x(b, 4, 2), matrix(b, 1, 4)])),
  ],
  ["index 2 into axis 1, which has 2", (b) => b.output(b.node("GatherND", [x(b, 4, 2), matrix(b, 3, 2)]))],
  [
    "index 3 into axis 1, which has 3",
    (b) =>
      b.output(
        b.node("GatherND", [x(b, 1, 3), b.constant("int64", [1, 1], [3])], { batch_dims: attribute.int(1) }),
      ),
  ],
  [
    "index -5 into axis 0, which has 4",
    (b) => b.output(b.node("ScatterElements", [x(b, 4, 2), matrix(b, 0, -5), b.weights([1, 2])])),
  ],
  [
    "updates of [2,2] where they must be [1,2]",
    (b) => b.output(b.node("ScatterElements", [x(b, 4, 2), matrix(b, 0, 1), b.weights([2, 2])])),
  ],
  [
    "index 4 into axis 0, which has 4",
    (b) => b.output(b.node("ScatterND", [x(b, 4, 2), matrix(b, 4, 1), b.weights([1])])),
  ],
  [
    "updates of [3] where they must be [1]",
    (b) => b.output(b.node("ScatterND", [x(b, 4, 2), matrix(b, 3, 1), b.weights([3])])),
  ],
  [
    "the 5 largest of an axis that has 4",
    (b) => b.output(b.nodes("TopK", [x(b, 2, 4), b.ints(5)], 2)[0] as Value),
  ],
  ["the letter k of the output, which no input has", einsum("ij->ik", [2, 3])],
  ["the letter i, which the output has twice", einsum("ij->ii", [2, 3])],
  ['the term "i1", which has more than letters and one ellipsis', einsum("i1->i", [2, 3])],
  ['the term "......i", which has more than letters and one ellipsis', einsum("......i->i", [2, 3])],
  [
    "ellipses that stand for 1 and 0 axes",
    (b) =>
      b.output(
        b.node("Einsum", [x(b, 2, 3, 4), b.weights([4, 5])], {
          equation: attribute.string("...ij,...jk->...ik"),
        }),
      ),
  ],
  [
    "a window of 2 channels, which is not odd",
    (b) => b.output(b.node("LRN", [x(b, 1, 4, 3, 3)], { size: attribute.int(2) })),
  ],
  [
    "a value of the shape [], where it must be [1]",
    (b) => {
      const value = constantTensor(tensorFromNumbers("float32", [], [3]), "the test");
      b.output(b.node("ConstantOfShape", [b.ints(2, 3)], { value: { kind: "tensor", value } }));
    },
  ],
  ["the term ijk... of a tensor of rank 2", einsum("ijk...->ij", [2, 3])],
  [
    "inner lengths 3 and 4",
    (b) => b.output(b.node("Gemm", [x(b, 2, 3), b.weights([5, 4])], { transB: attribute.int(-1) })),
  ],
  [
    "a bias of [3,1] for a result of [2,5]",
    (b) => b.output(b.node("Gemm", [x(b, 2, 3), b.weights([3, 5]), b.weights([3, 1])])),
  ],
  ["3 repeats for a tensor of rank 2", (b) => b.output(b.node("Tile", [x(b, 2, 3), b.ints(1, 2, 1)]))],
  [
    "starts, ends, axes and steps of 2, 1, 2, 2 elements, where each has as many",
    (b) => b.output(b.node("Slice", [x(b, 4, 3), b.ints(0, 0), b.ints(1)])),
  ],
  [
    "starts, ends, axes and steps of 1, 0, 1, 1 elements, where each has as many",
    (b) => b.output(b.node("Slice", [x(b, 4, 3), b.ints(0), b.input("ends", "int64", [0])])),
  ],
  [
    "num_scan_inputs is 2, and the node has 1 inputs for it",
    (b) => {
      const body = b.subgraph("body", (inner) =>
        inner.output(inner.node("Relu", [inner.input("row", "float32", [3])])),
      );
      b.output(b.node("Scan", [x(b, 2, 3)], { body, num_scan_inputs: attribute.int(2) }));
    },
  ],
  ["dimension 2 would be -2", (b) => b.output(b.node("Conv", [x(b, 1, 3, 2, 8), b.weights([4, 3, 5, 5])]))],
];

test.each(CASES)("%s", async (says, fill) => {
  const model = build(17, fill);
  const { contradictions } = await inferTypes(model);
  expect(contradictions.map(({ problem }) => problem)).toEqual([says]);
  expect((await checkModel(model)).filter(({ rule }) => rule === "types")).toMatchObject([
    { severity: "error", message: expect.stringContaining(says) },
  ]);
  const running = async () => runSession(await openSession(await bytesOfModel(model)), feedsOf(model, 1));
  await expect(running()).rejects.toThrow();
});

test("a window of LRN that has nothing", async () => {
  const of = (size: number) =>
    build(17, (b) => b.output(b.node("LRN", [x(b, 1, 4, 3, 3)], { size: attribute.int(size) })));
  for (const size of [0, -1]) {
    expect((await checkModel(of(size)))[0]).toMatchObject({ rule: "attribute-value", severity: "error" });
    await expect(openSession(await bytesOfModel(of(size)))).rejects.toThrow();
  }
  expect((await checkModel(of(3))).filter(({ severity }) => severity === "error")).toEqual([]);
});

test("a constant of another shape than the input of its name", async () => {
  const model = build(17, (b) => {
    const bias = b.weights([3]);
    bias.type = { kind: "tensor", dtype: "float32", shape: [4] };
    b.graph.inputs.push(bias);
    b.output(b.node("Relu", [bias]));
  });
  expect((await checkModel(model))[0]).toMatchObject({
    rule: "types",
    severity: "error",
    message: expect.stringContaining("declared as [4], and the constant of its name is [3]"),
  });
  await expect(openSession(await bytesOfModel(model))).rejects.toThrow("does not match");
});

test("what may never be run, or follows from a declaration alone, is no error", async () => {
  const branching = build(17, (b) => {
    const data = x(b, 2, 3);
    const branch = (width: number) =>
      b.subgraph("branch", (inner) => inner.output(inner.node("Gather", [data, inner.ints(width)])));
    const isWide = b.constant("bool", [], [0]);
    b.output(b.node("If", [isWide], { then_branch: branch(9), else_branch: branch(1) }));
  });
  const declared = build(17, (b) => {
    // The runtime works out nothing of what is asked for, and goes by the length that there is.
    const picked = b.node("Compress", [x(b, 4), b.input("which", "bool", [4])], { axis: attribute.int(0) });
    picked.type = { kind: "tensor", dtype: "float32", shape: [1] };
    b.output(b.node("Gather", [picked, b.ints(1)]));
  });
  for (const model of [branching, declared]) {
    const found = (await checkModel(model)).filter(({ rule }) => rule === "types");
    expect(found).toMatchObject([{ severity: "warning", message: expect.stringContaining("index") }]);
    const feeds = { ...feedsOf(model, 1) };
    if (feeds.which) feeds.which = { dtype: "bool", shape: [4], data: Uint8Array.of(1, 1, 0, 1) };
    expect(await runSession(await openSession(await bytesOfModel(model)), feeds)).toBeDefined();
  }
});

const pictures = { border: attribute.ints([1, 0, 0, 1]) };

/** Versions that the runtime still runs, of operators that had other rules, or that ONNX dropped. */
const OLD: readonly [says: string, opset: number, fill: (b: Builder) => void][] = [
  ["axis 1 of a tensor of rank 0", 12, (b) => b.output(b.node("Softmax", [x(b)]))],
  ["axis -1 of a tensor of rank 0", 13, (b) => b.output(b.node("Hardmax", [x(b)]))],
  [
    "axis 2 of a tensor of rank 2",
    8,
    (b) => b.output(b.node("LogSoftmax", [x(b, 2, 3)], { axis: attribute.int(2) })),
  ],
  [
    "axis 1 of a tensor of rank 1",
    11,
    (b) => b.output(b.node("LpNormalization", [x(b, 2)], { axis: attribute.int(1) })),
  ],
  [
    "starts, ends, axes and steps of 2, 1, 2, 2 elements, where each has as many",
    9,
    (b) => b.output(b.node("DynamicSlice", [x(b, 4, 3), b.ints(0, 0), b.ints(1)])),
  ],
  [
    "pictures [N, C, H, W] in a tensor of rank 3",
    9,
    (b) => b.output(b.node("Crop", [x(b, 2, 3, 4)], pictures)),
  ],
  [
    "a border of 3 numbers, where it has 4",
    9,
    (b) => b.output(b.node("Crop", [x(b, 1, 2, 3, 4)], { border: attribute.ints([1, 0, 0]) })),
  ],
  [
    "a scale of 1 numbers, where it has 2",
    9,
    (b) => b.output(b.node("Crop", [x(b, 1, 2, 3, 4)], { ...pictures, scale: attribute.ints([1]) })),
  ],
  [
    "a bias of 3 numbers for 2 channels",
    9,
    (b) =>
      b.output(
        b.node("ImageScaler", [x(b, 1, 2, 3, 4)], {
          bias: attribute.floats([1, 2, 3]),
          scale: attribute.float(1),
        }),
      ),
  ],
  [
    "lengths of 3 and 4 where they must be equal",
    8,
    (b) => {
      const [scale, rest] = [b.weights([2, 3]), b.weights([2, 4])];
      b.output(
        b.node("BatchNormalization", [x(b, 1, 2, 3), scale, rest, scale, scale], {
          spatial: attribute.int(0),
        }),
      );
    },
  ],
];

test.each(OLD)("%s, in operator set %i", async (says, opset, fill) => {
  const model = build(opset, fill);
  const { contradictions } = await inferTypes(model);
  expect(contradictions.map(({ problem }) => problem)).toEqual([says]);
  const running = async () => runSession(await openSession(await bytesOfModel(model)), feedsOf(model, 1));
  await expect(running()).rejects.toThrow();
});

/** Versions that no runtime runs any more: the specifications tell what goes together. */
const OLDEST: readonly [says: string, opset: number, fill: (b: Builder) => void][] = [
  [
    "a bias of [5,4] for a result of [3,4]",
    6,
    (b) => b.output(b.node("Gemm", [x(b, 3, 3), b.weights([3, 4]), b.weights([5, 4])], STRETCHED)),
  ],
  [
    "a bias of [5,4] for a result of [3,4]",
    6,
    (b) => b.output(b.node("Gemm", [x(b, 3, 3), b.weights([3, 4]), b.weights([5, 4])])),
  ],
  [
    "6 parts for 2 outputs",
    1,
    (b) => {
      const parts = b.constant("float32", [2, 3], [1, 1, 1, 1, 1, 1]);
      for (const part of b.nodes("Split", [x(b, 6), parts], 2, { axis: attribute.int(0) })) b.output(part);
    },
  ],
  [
    "axis 2 of a tensor of rank 1",
    5,
    (b) => {
      const [tiles, axis] = [2, 2].map((each) => b.constant("float32", [1], [each])) as [Value, Value];
      b.output(b.node("Tile", [x(b, 3), tiles, axis]));
    },
  ],
  [
    "2 numbers, where one repeats one axis",
    5,
    (b) => {
      const axis = b.constant("float32", [1], [0]);
      b.output(b.node("Tile", [x(b, 3), b.constant("float32", [2], [2, 2]), axis]));
    },
  ],
];

test.each(OLDEST)("%s, in operator set %i, as specified", async (says, opset, fill) => {
  const { contradictions } = await inferTypes(build(opset, fill));
  expect(contradictions.map(({ problem }) => problem)).toEqual([says]);
});

// The runtime runs no operator of these versions: the specification of opset 6 tells what goes together.
test.each([
  [[2, 127], [3], 1, "127 and 3 do not broadcast"],
  [[2, 3], [2, 3], 1, "3 and 2 do not broadcast"],
  [[2, 3], [1, 3, 1], 0, "a tensor of rank 3 from axis 0 of one of rank 2"],
  [[2, 3, 4], [3, 1], 1, null],
  [[2, 3, 4], [3, 4], null, null],
])("[%s] stretched by [%s] at axis %s, as before opset 7", async (whole, part, axis, says) => {
  const model = build(6, (b) => {
    const attributes = {
      broadcast: attribute.int(1),
      ...(axis === null ? {} : { axis: attribute.int(axis) }),
    };
    b.output(b.node("Add", [x(b, ...whole), b.input("y", "float32", part)], attributes));
  });
  const { contradictions } = await inferTypes(model);
  expect(contradictions.map(({ problem }) => problem)).toEqual(says === null ? [] : [says]);
});
