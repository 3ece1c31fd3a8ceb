import type { Value } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import type { TfliteTensor } from "../file/model.ts";
import type { Activation } from "../schema/types.ts";
import { activate } from "./activation.ts";
import type { Build } from "./build.ts";
import type { Op } from "./operator.ts";
import { refuse } from "./refusal.ts";
import { type Cell, product, productOfAll } from "./steps.ts";

/** Gates in the order in which their tensors stand. */
const [INPUT, FORGET, CELL, OUTPUT] = [0, 1, 2, 3];
/** What is added to a variance before its root is taken (lite/kernels/internal/reference/portable_tensor_utils.cc). */
const EPSILON = 1e-8;

/** Where the tensors of an LSTM stand among the inputs of its operator. */
export interface LstmPlaces {
  /** The first of its 17 weights and biases. */
  readonly first: number;
  readonly hidden: number;
  readonly cell: number;
  /** The first of four factors of layer normalisation; null where the operator has none. */
  readonly normal: number | null;
}

export interface LstmOptions {
  readonly fused_activation_function: Activation;
  readonly cell_clip: number;
  readonly proj_clip: number;
}

/**
 * An LSTM (lite/kernels/lstm_eval.cc): without an input gate it is what the forget gate leaves over; gates may look at the cell
 * (peepholes), be normalised, and the result may be projected.
 * @returns the cell, and the products of the whole input with the weights of all gates, which every step is fed a part of
 * @throws Refusal
 */
export function lstmOf(
  op: Op,
  build: Build,
  x: TfliteTensor,
  places: LstmPlaces,
  options: LstmOptions,
): { readonly cell: Cell; readonly fed: Value } {
  const { first, normal } = places;
  const isCoupled = !op.optional(first + INPUT);
  const gates = isCoupled ? [FORGET, CELL, OUTPUT] : [INPUT, FORGET, CELL, OUTPUT];
  const all = (from: number) =>
    build.node(
      "Concat",
      gates.map((gate) => build.real(op.input(from + gate))),
      { axis: attribute.int(0) },
    );
  const real = (tensor: TfliteTensor) => build.real(tensor);
  const isNormal = normal !== null && op.optional(normal + FORGET) !== null;
  // Where it is normalised, a bias comes after that.
  const units = gates.length * (op.input(first + FORGET).shape[0] ?? 0);
  const fed = productOfAll(build, x, all(first), units, isNormal ? null : all(first + 11));
  const recurrent = all(first + 4);
  const peepholes = [0, 1, null, 2].map((at) => {
    const tensor = at === null ? null : op.optional(first + 8 + at);
    return tensor && build.real(tensor);
  });
  const norms = gates.map((gate) =>
    isNormal ? [real(op.input((normal ?? 0) + gate)), real(op.input(first + 11 + gate))] : null,
  );
  const [projection, projectionBias] = [op.optional(first + 15), op.optional(first + 16)];
  const project = projection && real(projection);
  const shift = projectionBias && real(projectionBias);
  const states = [op.input(places.hidden), op.input(places.cell)];
  const { fused_activation_function: activation } = options;
  if (activation === "SIGN_BIT") throw refuse("its activation is SIGN_BIT");

  const step: Cell["step"] = (inner, part, [hidden, memory]) => {
    if (!hidden || !memory) throw new Error("an LSTM keeps two states");
    const sums = product(inner, hidden, recurrent, part);
    const parts = inner.nodes("Split", [sums], gates.length, {
      axis: attribute.int(-1),
      num_outputs: attribute.int(gates.length),
    });
    /** What a gate is before its activation. @param seen the cell through its peephole */
    const gateOf = (gate: number, seen: Value | null): Value => {
      const at = gates.indexOf(gate);
      let value = parts[at] as Value;
      const peephole = peepholes[gate];
      if (peephole && seen) value = inner.node("Add", [value, inner.node("Mul", [seen, peephole])]);
      const norm = norms[at];
      if (!norm) return value;
      return inner.node("LayerNormalization", [value, ...norm], { epsilon: attribute.float(EPSILON) });
    };
    const sigmoid = (gate: number, seen: Value) => inner.node("Sigmoid", [gateOf(gate, seen)]);
    const forget = sigmoid(FORGET, memory);
    const input = isCoupled ? inner.node("Sub", [inner.scalar(1), forget]) : sigmoid(INPUT, memory);
    const fresh = activate(inner, gateOf(CELL, null), activation);
    const kept = inner.node("Add", [inner.node("Mul", [forget, memory]), inner.node("Mul", [input, fresh])]);
    const cell = clip(inner, kept, options.cell_clip);
    const given = inner.node("Mul", [sigmoid(OUTPUT, cell), activate(inner, cell, activation)]);
    if (!project) return [given, cell];
    return [clip(inner, product(inner, given, project, shift), options.proj_clip), cell];
  };
  return { cell: { states, step }, fed };
}

function clip(build: Build, value: Value, limit: number): Value {
  return limit > 0 ? build.node("Clip", [value, build.scalar(-limit), build.scalar(limit)]) : value;
}

/** The older kernel: one matrix for all gates over input and state, which are inputs and outputs (reference/lstm_cell.h). */
export function basicLstm(op: Op<"LSTM">, build: Build): void {
  const [x, before, weight, bias, memory] = [0, 1, 2, 3, 4].map((i) => op.input(i));
  if (!x || !before || !weight || !bias || !memory) throw refuse("an input is left out");
  const joined = build.node("Concat", [build.real(x), build.real(before)], { axis: attribute.int(-1) });
  const sums = product(build, joined, build.real(weight), build.real(bias));
  const [input, fresh, forget, output] = build.nodes("Split", [sums], 4, {
    axis: attribute.int(-1),
    num_outputs: attribute.int(4),
  });
  const gate = (value: Value | undefined) => build.node("Sigmoid", [value ?? null]);
  const tanh = (value: Value | undefined) => build.node("Tanh", [value ?? null]);
  const cell = build.node("Add", [
    build.node("Mul", [gate(input), tanh(fresh)]),
    build.node("Mul", [gate(forget), build.real(memory)]),
  ]);
  const given = build.node("Mul", [gate(output), tanh(cell)]);
  for (const [i, value] of [given, cell, joined, sums].entries())
    if (op.outputs[i]) build.setReal(op.output(i), value);
}
