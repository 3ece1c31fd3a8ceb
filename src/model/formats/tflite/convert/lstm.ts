import type { Value } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import type { TfliteTensor } from "../file/model.ts";
import type { Activation } from "../schema/types.ts";
import { activate } from "./activation.ts";
import { biasOf, inUnits } from "./bias.ts";
import type { Build } from "./build.ts";
import type { Op } from "./operator.ts";
import { hasScale, isQuantized, sameQuantization } from "./quantized.ts";
import { refuse } from "./refusal.ts";
import { dequantize, quantize } from "./scales.ts";
import { type Cell, product, productOfAll } from "./steps.ts";

/** Gates in the order in which their tensors stand. */
const [INPUT, FORGET, CELL, OUTPUT] = [0, 1, 2, 3];
/** What is added to a variance before its root is taken (lite/kernels/internal/reference/portable_tensor_utils.cc). */
const EPSILON = 1e-8;
/**
 * A layer in whole numbers (lstm_eval.cc, LstmStepInteger): what a gate is before its activation is a word of 3 bits before the
 * point, and a bias that comes after a normalisation is in 1,024ths of the unit of its factors.
 */
const GATE_RANGE = [-8, 8 - 2 ** -12] as const;
const NORMAL_UNIT = 2 ** -10;
/** Tensors that only say how something in between is quantised: of four gates, and of what is projected. */
const BETWEEN = { projected: 4, count: 5 };

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
  const isWhole = isQuantized(x);
  if (isWhole) checkWhole(op, places);
  /** Where it is normalised, a bias comes after that. */
  const biasAt = (gate: number): Value => {
    const bias = op.input(first + 11 + gate);
    if (!isWhole) return build.real(bias);
    const factor = isNormal ? op.input(normal + gate) : op.input(first + gate);
    const unit = isNormal ? NORMAL_UNIT : (x.quantization.scale[0] ?? 1);
    return inUnits(build, bias, [(factor.quantization?.scale[0] ?? 1) * unit]);
  };
  const biases = isNormal ? null : build.node("Concat", gates.map(biasAt), { axis: attribute.int(0) });
  const units = gates.length * (op.input(first + FORGET).shape[0] ?? 0);
  const fed = productOfAll(build, x, all(first), units, biases);
  const recurrent = all(first + 4);
  const peepholes = [0, 1, null, 2].map((at) => {
    const tensor = at === null ? null : op.optional(first + 8 + at);
    return tensor && build.real(tensor);
  });
  const norms = gates.map((gate) => (isNormal ? [real(op.input(normal + gate)), biasAt(gate)] : null));
  const [projection, projectionBias] = [op.optional(first + 15), op.optional(first + 16)];
  const project = projection && real(projection);
  const inBytes = isWhole && projection ? op.operator.intermediates[BETWEEN.projected] : null;
  const shift =
    projectionBias && projection && inBytes
      ? biasOf(build, projectionBias, inBytes, projection)
      : projectionBias && real(projectionBias);
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
      if (norm) {
        const within = wordsOf(isWhole ? op.operator.intermediates[gate] : null);
        if (within) value = between(inner, value, within);
        value = inner.node("LayerNormalization", [value, ...norm], { epsilon: attribute.float(EPSILON) });
      }
      return isWhole ? between(inner, value, GATE_RANGE) : value;
    };
    const sigmoid = (gate: number, seen: Value) => inner.node("Sigmoid", [gateOf(gate, seen)]);
    const forget = sigmoid(FORGET, memory);
    const input = isCoupled ? inner.node("Sub", [inner.scalar(1), forget]) : sigmoid(INPUT, memory);
    const fresh = activate(inner, gateOf(CELL, null), activation);
    const sum = inner.node("Add", [inner.node("Mul", [forget, memory]), inner.node("Mul", [input, fresh])]);
    const cell = clip(inner, sum, options.cell_clip);
    const given = inner.node("Mul", [sigmoid(OUTPUT, cell), activate(inner, cell, activation)]);
    if (!project) return [given, cell];
    const projected = product(inner, inBytes ? rounded(inner, given, inBytes) : given, project, shift);
    const kept = states[0];
    const clipped =
      isWhole && kept
        ? clipStored(inner, projected, options.proj_clip, kept)
        : clip(inner, projected, options.proj_clip);
    return [clipped, cell];
  };
  return { cell: { states, step }, fed };
}

/** @throws Refusal for a layer in whole numbers that the kernels have otherwise, or not at all */
function checkWhole(op: Op, { first, hidden, cell, normal }: LstmPlaces): void {
  const { intermediates } = op.operator;
  if (normal === null)
    throw refuse(
      "its numbers are whole, and it goes both ways: TensorFlow Lite's own kernel takes real numbers alone",
    );
  if (intermediates.length !== BETWEEN.count)
    throw refuse(`its numbers are whole, and ${intermediates.length} tensors say of what is between`);
  const weights = op.inputs.slice(first, hidden).filter((tensor) => tensor !== null);
  const bare = weights.find((tensor) => !hasScale(tensor) && tensor.type !== "INT32");
  if (bare) throw refuse(`its numbers are whole, and ${bare.name} is ${bare.type}`);
  const states = [op.input(hidden), op.input(cell)];
  if (!states.every(isQuantized)) throw refuse("its numbers are whole, and its states are not");
  const projected = intermediates[BETWEEN.projected];
  if (!projected || !isQuantized(projected)) throw refuse("nothing says how what it gives is quantised");
  const isProjected = op.optional(first + 15) !== null;
  const [outputs, cells] = [op.input(first + 5).shape[1], op.input(first + 5).shape[0]];
  if (op.optional(first + 10) && outputs !== cells)
    throw refuse("its numbers are whole, and its kernel reads peepholes by the length of what is projected");
  if (!isProjected && !sameQuantization(projected, op.input(hidden)))
    throw refuse("what it gives and what it keeps are quantised otherwise");
}

/** Real numbers as a tensor holds them. */
function rounded(build: Build, value: Value, tensor: TfliteTensor): Value {
  if (!isQuantized(tensor)) return value;
  return dequantize(build, quantize(build, value, tensor), tensor.quantization, build.dtype(tensor), 0);
}

function between(build: Build, value: Value, [low, high]: readonly [number, number]): Value {
  return build.node("Clip", [value, build.scalar(low), build.scalar(high)]);
}

function clip(build: Build, value: Value, limit: number): Value {
  return limit > 0 ? between(build, value, [-limit, limit]) : value;
}

/** What a tensor of words can hold; null where there is none. */
function wordsOf(tensor: TfliteTensor | null | undefined): readonly [low: number, high: number] | null {
  const [scale] = tensor?.quantization?.scale ?? [];
  return scale === undefined ? null : [-(2 ** 15) * scale, (2 ** 15 - 1) * scale];
}

/** The kernel compares the bytes of what is projected with the limit in their steps, wherever their zero point is. */
function clipStored(build: Build, value: Value, limit: number, tensor: TfliteTensor): Value {
  const [scale = 1] = tensor.quantization?.scale ?? [];
  const [zero = 0] = tensor.quantization?.zeroPoint ?? [];
  const steps = Math.min(127, Math.trunc(limit / scale));
  if (steps <= 0) return value;
  return between(build, value, [(-steps - zero) * scale, (steps - zero) * scale]);
}

/** The older kernel: one matrix for all gates over input and state, which are inputs and outputs (reference/lstm_cell.h). */
export function basicLstm(op: Op<"LSTM">, build: Build): void {
  const [x, before, weight, bias, memory] = [0, 1, 2, 3, 4].map((i) => op.input(i));
  if (!x || !before || !weight || !bias || !memory) throw refuse("an input is left out");
  const joined = build.node("Concat", [build.real(x), build.real(before)], { axis: attribute.int(-1) });
  const sums = product(build, joined, build.real(weight), biasOf(build, bias, x, weight));
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
