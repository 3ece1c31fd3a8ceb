import type { Graph, Value } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import { Build } from "../convert/build.ts";
import { wholeOf } from "../convert/lengths.ts";
import { type Op, operator } from "../convert/operator.ts";
import { refuse } from "../convert/refusal.ts";
import { below } from "../convert/suppression.ts";
import type { TfliteTensor } from "../file/model.ts";

/** The score of what is not to be taken any more. */
const NEVER = Number.NEGATIVE_INFINITY;

/** A threshold of one number: [1]. */
function threshold(build: Build, tensor: TfliteTensor): Value {
  return build.node("Reshape", [build.real(tensor), build.ints([1])]);
}

/** The next smaller one: TFLite suppresses what reaches the threshold, the runtime what is above it. */
async function justBelow(build: Build, tensor: TfliteTensor): Promise<Value> {
  if (!build.constantOf(tensor))
    // Half a unit in the last place of a number is at most so much of it, and a whole one at least.
    return build.node("Mul", [threshold(build, tensor), build.scalar(1 - 2 ** -24)]);
  const [number = 0] = await build.reals(tensor, "its threshold of overlaps");
  if (number <= 0) throw refuse(`its threshold of overlaps is ${number}`);
  return build.numbersAs("float32", [1], [below(number)]);
}

/** Boxes that stay: their indices and scores, the best first. */
interface Kept {
  readonly at: Value;
  readonly scores: Value;
}

/** What overlaps a better box is left out. */
async function hard(op: Op, build: Build, most: Value): Promise<Kept> {
  const scores = build.real(op.input(1));
  const rows = build.node("NonMaxSuppression", [
    build.node("Unsqueeze", [build.real(op.input(0)), build.ints([0])]),
    build.node("Unsqueeze", [scores, build.ints([0, 1])]),
    most,
    await justBelow(build, op.input(3)),
    threshold(build, op.input(4)),
  ]);
  const at = build.node("Gather", [rows, build.scalar(2, "int64")], { axis: attribute.int(1) });
  return { at, scores: build.node("Gather", [scores, at]) };
}

/**
 * What overlaps a better box loses of its score, by a Gaussian; ONNX has no operator for it, so a loop takes the best one after the
 * other (tensorflow/lite/kernels/internal/reference/non_max_suppression.h; https://arxiv.org/abs/1704.04503).
 */
function soft(op: Op, build: Build, most: Value, sigma: number): Kept {
  const boxes = build.real(op.input(0));
  const [overlaps, least] = [threshold(build, op.input(3)), threshold(build, op.input(4))];
  const corners = [0, 2].map((from) =>
    build.node("Slice", [boxes, build.ints([from]), build.ints([from + 2]), build.ints([1])]),
  );
  const [low, high] = [build.node("Min", corners), build.node("Max", corners)];
  const area = build.node("ReduceProd", [build.node("Sub", [high, low]), build.ints([1])], {
    keepdims: attribute.int(0),
  });
  const graph: Graph = {
    name: "the next best box",
    inputs: [],
    outputs: [],
    nodes: [],
    values: new Map(),
    parent: build.graph,
  };
  const body = new Build(build.context, build.subgraph, graph, build);
  body.begin(op.operator, "/next");
  body.input("round", { kind: "tensor", dtype: "int64", shape: [] });
  body.input("again", { kind: "tensor", dtype: "bool", shape: [] });
  const scores = body.input("scores", { kind: "tensor", dtype: "float32", shape: null });
  const best = body.node("ReduceMax", [scores]);
  const at = body.node("ArgMax", [scores]);
  const of = (value: Value) => body.node("Gather", [value, at]);
  const sides = body.node("Sub", [body.node("Min", [high, of(high)]), body.node("Max", [low, of(low)])]);
  const shared = body.node("ReduceProd", [body.node("Max", [sides, body.scalar(0)]), body.ints([1])], {
    keepdims: attribute.int(0),
  });
  const union = body.node("Sub", [body.node("Add", [area, of(area)]), shared]);
  const overlap = body.node("Where", [
    body.node("Greater", [shared, body.scalar(0)]),
    body.node("Div", [shared, union]),
    body.scalar(0),
  ]);
  const square = body.node("Mul", [overlap, overlap]);
  const factor = body.node("Exp", [body.node("Mul", [square, body.scalar(Math.fround(-0.5 / sigma))])]);
  const isOut = body.node("Or", [
    body.node("GreaterOrEqual", [overlap, overlaps]),
    body.node("LessOrEqual", [scores, least]),
  ]);
  const left = body.node("Where", [isOut, body.scalar(NEVER), body.node("Mul", [scores, factor])]);
  const isFound = body.node("Squeeze", [body.node("Greater", [best, least]), body.ints([0])]);
  graph.outputs = [isFound, left, at, best].map((value) => body.resultOf(value, null, "result"));
  body.finish();
  const rounds = build.node("Squeeze", [most, build.ints([0])]);
  const [, all, bests] = build.nodes("Loop", [rounds, null, build.real(op.input(1))], 3, {
    body: attribute.graph(graph),
  }) as [Value, Value, Value];
  // The last round may have found none.
  const found = build.cast(build.node("Greater", [bests, least]), "int64");
  const count = build.node("ReduceSum", [found, build.ints([0])], { keepdims: attribute.int(0) });
  const first = (value: Value) =>
    build.node("Squeeze", [build.node("Slice", [value, build.ints([0]), count]), build.ints([1])]);
  return { at: first(all), scores: first(bests) };
}

/** The outputs are as long as the most that may stay. */
async function suppress(op: Op, build: Build): Promise<void> {
  const isSoft = op.name === "NON_MAX_SUPPRESSION_V5";
  const [sigma = 0] = isSoft ? await build.reals(op.input(5), "its sigma") : [];
  const most = await wholeOf(build, op.input(2), "its count");
  const { at, scores } = sigma > 0 ? soft(op, build, most, sigma) : await hard(op, build, most);
  const filled = (value: Value, zero: Value) => {
    const long = build.node("Concat", [value, build.node("Expand", [zero, most])], {
      axis: attribute.int(0),
    });
    return build.node("Slice", [long, build.ints([0]), most]);
  };
  const indices = filled(at, build.scalar(0, "int64"));
  build.setStored(op.output(0), build.cast(indices, build.dtype(op.output(0))));
  if (isSoft) build.setReal(op.output(1), filled(scores, build.scalar(0)));
  const count = op.output(isSoft ? 2 : 1);
  const total = build.node("Squeeze", [build.node("Shape", [at]), build.ints([0])]);
  build.setStored(count, build.cast(total, build.dtype(count)));
}

export const SUPPRESSION = [
  operator("NON_MAX_SUPPRESSION_V4", suppress),
  operator("NON_MAX_SUPPRESSION_V5", suppress),
];
