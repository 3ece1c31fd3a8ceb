import type { Graph, Value } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import type { TfliteTensor } from "../file/model.ts";
import { typeOf } from "../file/type.ts";
import { Build } from "./build.ts";
import { lengthsOf, reshape } from "./lengths.ts";
import type { Op } from "./operator.ts";
import { isQuantized } from "./quantized.ts";
import { dequantize, quantize } from "./scales.ts";

/** A layer that remembers: what it does with one step of its input and with what it kept of the step before. */
export interface Cell {
  /** Tensors that it keeps, as the file has them. */
  readonly states: readonly TfliteTensor[];
  /**
   * One step in real numbers, in the graph of a build.
   * @param fed [batch, n]
   * @param before of each state
   * @returns what each state becomes; the first is what the step gives
   */
  step(build: Build, fed: Value, before: readonly Value[]): Value[];
}

/** Takes one step. @returns what it gives */
export function takeStep(build: Build, cell: Cell, fed: Value): Value {
  const after = cell.step(
    build,
    fed,
    cell.states.map((state) => build.real(state)),
  );
  for (const [i, state] of cell.states.entries()) build.setReal(state, after[i] as Value);
  return after[0] as Value;
}

/** x · weightᵀ + bias. As Gemm, which the runtime computes in real numbers also where it would quantise the input of a MatMul. */
export function product(build: Build, x: Value, weight: Value, bias: Value | null = null): Value {
  return build.node("Gemm", [x, weight, bias], { transB: attribute.int(1) });
}

/**
 * The same for every step of a sequence at once.
 * @param x [batch, n], or of rank 3 with an axis of time
 * @param units rows of the weight
 * @throws Refusal
 */
export function productOfAll(
  build: Build,
  x: TfliteTensor,
  weight: Value,
  units: number,
  bias: Value | null,
): Value {
  if (build.rank(x) === 2) return product(build, build.real(x), weight, bias);
  const lengths = lengthsOf(build, x);
  // Bytes are reshaped before they are dequantised: ONNX Runtime does not load what it makes of the other order.
  const flat = reshape(build, build.stored(x), [-1, lengths.at(-1) ?? 1]);
  const rows = isQuantized(x) ? dequantize(build, flat, x.quantization, build.dtype(x), 0) : flat;
  return reshape(build, product(build, rows, weight, bias), [...lengths.slice(0, -1), units]);
}

/** How a sequence is gone through. */
export interface Course {
  /** Of the names of the nodes. */
  readonly part: string;
  /** The axis of time, in what is fed and in what comes out. */
  readonly axis: number;
  readonly isReverse: boolean;
}

/** Takes a step for each index along an axis. @returns what the steps give, along the same axis in the same order */
export function takeSteps(op: Op, build: Build, cell: Cell, fed: Value, course: Course): Value {
  const { states } = cell;
  const graph: Graph = {
    name: `${op.name} ${course.part}`,
    inputs: [],
    outputs: [],
    nodes: [],
    values: new Map(),
    parent: build.graph,
  };
  const inner = new Build(build.context, build.subgraph, graph, build);
  inner.begin(op.operator, `/${course.part}`);
  const before = states.map((state) => {
    const value = inner.input(state.name, typeOf(state));
    if (!isQuantized(state)) return value;
    return dequantize(inner, value, state.quantization, inner.dtype(state), 0);
  });
  const after = cell.step(
    inner,
    inner.input("fed", { kind: "tensor", dtype: "float32", shape: null }),
    before,
  );
  const kept = states.map((state, i) => {
    const value = after[i] as Value;
    return isQuantized(state) ? quantize(inner, value, state) : value;
  });
  graph.outputs = [...kept, after[0] as Value].map((value) => inner.resultOf(value, null, "result"));
  inner.finish();
  const direction = attribute.ints([course.isReverse ? 1 : 0]);
  const made = build.nodes("Scan", [...states.map((state) => build.stored(state)), fed], states.length + 1, {
    body: attribute.graph(graph),
    num_scan_inputs: attribute.int(1),
    scan_input_axes: attribute.ints([course.axis]),
    scan_output_axes: attribute.ints([course.axis]),
    scan_input_directions: direction,
    scan_output_directions: direction,
  });
  for (const [i, state] of states.entries()) build.setStored(state, made[i] as Value);
  return made[states.length] as Value;
}
