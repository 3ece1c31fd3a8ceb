import type { Value } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import { activate, setActivated } from "../convert/activation.ts";
import type { Build } from "../convert/build.ts";
import { basicLstm, type LstmOptions, type LstmPlaces, lstmOf } from "../convert/lstm.ts";
import { type Op, operator } from "../convert/operator.ts";
import { isQuantized } from "../convert/quantized.ts";
import { refuse } from "../convert/refusal.ts";
import { type Cell, product, productOfAll, takeStep, takeSteps } from "../convert/steps.ts";
import type { TfliteTensor } from "../file/model.ts";
import type { Activation } from "../schema/types.ts";

/**
 * A plain recurrent layer: activation(x · weights + state · recurrent weights + bias).
 * @param first where its two weights, bias and state stand among the inputs
 */
function rnnOf(op: Op, build: Build, x: TfliteTensor, first: number, activation: Activation) {
  if (isQuantized(x))
    throw refuse("its numbers are whole, and TensorFlow Lite's own kernel takes real numbers alone");
  const real = (i: number) => build.real(op.input(i));
  const [units = 0] = op.input(first).shape;
  const fed = productOfAll(build, x, real(first), units, real(first + 2));
  const recurrent = real(first + 1);
  const cell: Cell = {
    states: [op.input(first + 3)],
    step(inner, part, [before]) {
      if (!before) throw new Error("a recurrent layer keeps a state");
      const sum = product(inner, before, recurrent, part);
      return [activate(inner, sum, activation)];
    },
  };
  return { cell, fed };
}

/** The axis of time of a sequence, which has three. */
function timeOf(build: Build, x: TfliteTensor, isTimeMajor: boolean): number {
  if (build.rank(x) !== 3) throw refuse(`its input has ${build.rank(x)} axes`);
  return isTimeMajor ? 0 : 1;
}

/** Two layers, one of which goes from the end to the beginning; their results side by side where they are to be merged. */
function setBoth(op: Op, build: Build, forward: Value, backward: Value, isMerged: boolean): void {
  if (isMerged) {
    const both = build.node("Concat", [forward, backward], { axis: attribute.int(-1) });
    build.setReal(op.output(0), both);
  } else {
    build.setReal(op.output(0), forward);
    build.setReal(op.output(1), backward);
  }
}

/** The input of the layer that goes backwards: the same, unless there is another one. @throws Refusal for weights of that */
function backwardInput(op: Op, at: number, weights: number): TfliteTensor {
  if (op.inputs.slice(at + 1, at + 1 + weights).some((tensor) => tensor !== null))
    throw refuse("it has weights for an auxiliary input");
  return op.optional(at) ?? op.input(0);
}

const LSTM: LstmPlaces = { first: 1, hidden: 18, cell: 19, normal: 20 };
const FORWARD_LSTM: LstmPlaces = { first: 1, hidden: 35, cell: 36, normal: null };
const BACKWARD_LSTM: LstmPlaces = { first: 18, hidden: 37, cell: 38, normal: null };

/** Layers that keep something from step to step, and from run to run. */
export const RECURRENT = [
  // A filter over features, and one over the last results of that (lite/kernels/internal/reference/svdf.h).
  operator("SVDF", (op, build) => {
    const { rank, fused_activation_function } = op.options;
    const [x, features, time, bias, state] = [
      op.input(0),
      op.input(1),
      op.input(2),
      op.optional(3),
      op.input(4),
    ];
    const [filters = 0, memory = 0] = time.shape;
    if (rank < 1 || memory < 1 || filters % rank !== 0)
      throw refuse(`it has ${filters} filters of ${memory} steps and rank ${rank}`);
    const fed = product(build, build.real(x), build.real(features));
    const before = build.node("Reshape", [build.real(state), build.ints([-1, filters, memory])]);
    const later = build.node("Slice", [before, build.ints([1]), build.ints([memory]), build.ints([2])]);
    const last = build.node("Unsqueeze", [fed, build.ints([2])]);
    const joined = build.node("Concat", [later, last], { axis: attribute.int(2) });
    build.setReal(state, build.node("Reshape", [joined, build.ints([-1, filters * memory])]));
    const after = build.node("Reshape", [build.real(state), build.ints([-1, filters, memory])]);
    const weighted = build.node("Mul", [after, build.real(time)]);
    // Filters of a unit stand side by side.
    const grouped = build.node("Reshape", [weighted, build.ints([-1, filters / rank, rank * memory])]);
    const sum = build.node("ReduceSum", [grouped, build.ints([2])], { keepdims: attribute.int(0) });
    const shifted = bias ? build.node("Add", [sum, build.scaled(bias)]) : sum;
    setActivated(build, op.output(0), shifted, fused_activation_function);
  }),

  operator("RNN", (op, build) => {
    const { fused_activation_function } = op.options;
    const { cell, fed } = rnnOf(op, build, op.input(0), 1, fused_activation_function);
    build.setReal(op.output(0), takeStep(build, cell, fed));
  }),

  operator("UNIDIRECTIONAL_SEQUENCE_RNN", (op, build) => {
    const { time_major, fused_activation_function } = op.options;
    const x = op.input(0);
    const axis = timeOf(build, x, time_major);
    const { cell, fed } = rnnOf(op, build, x, 1, fused_activation_function);
    const course = { part: "step", axis, isReverse: false };
    build.setReal(op.output(0), takeSteps(op, build, cell, fed, course));
  }),

  operator("BIDIRECTIONAL_SEQUENCE_RNN", (op, build) => {
    const { time_major, fused_activation_function, merge_outputs } = op.options;
    const axis = timeOf(build, op.input(0), time_major);
    const [forward, backward] = [
      { x: op.input(0), first: 1, course: { part: "forward", axis, isReverse: false } },
      { x: backwardInput(op, 9, 2), first: 5, course: { part: "backward", axis, isReverse: true } },
    ].map(({ x, first, course }) => {
      const { cell, fed } = rnnOf(op, build, x, first, fused_activation_function);
      return takeSteps(op, build, cell, fed, course);
    }) as [Value, Value];
    setBoth(op, build, forward, backward, merge_outputs);
  }),

  operator("LSTM", (op, build) => {
    if (op.options.kernel_type === "BASIC") return basicLstm(op, build);
    const { cell, fed } = lstmOf(op, build, op.input(0), LSTM, op.options);
    build.setReal(op.output(0), takeStep(build, cell, fed));
  }),

  operator("UNIDIRECTIONAL_SEQUENCE_LSTM", (op, build) => {
    const x = op.input(0);
    const axis = timeOf(build, x, op.options.time_major);
    const { cell, fed } = lstmOf(op, build, x, LSTM, op.options);
    const course = { part: "step", axis, isReverse: false };
    build.setReal(op.output(0), takeSteps(op, build, cell, fed, course));
  }),

  operator("BIDIRECTIONAL_SEQUENCE_LSTM", (op, build) => {
    const { time_major, merge_outputs } = op.options;
    const options: LstmOptions = op.options;
    const axis = timeOf(build, op.input(0), time_major);
    const [forward, backward] = [
      { x: op.input(0), places: FORWARD_LSTM, course: { part: "forward", axis, isReverse: false } },
      {
        x: backwardInput(op, 39, 8),
        places: BACKWARD_LSTM,
        course: { part: "backward", axis, isReverse: true },
      },
    ].map(({ x, places, course }) => {
      const { cell, fed } = lstmOf(op, build, x, places, options);
      return takeSteps(op, build, cell, fed, course);
    }) as [Value, Value];
    setBoth(op, build, forward, backward, merge_outputs);
  }),
];
