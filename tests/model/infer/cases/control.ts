// If, Loop and Scan: what their bodies make of states, and how often.
import { fed, fixed, graphProto, nodeProto, type OperatorCase, valueInfo } from "../make.ts";

const f32 = fed("float32");
const bool = fed("bool");
const float = fixed("float32");
const int64 = fixed("int64");
const yes = fixed("bool")([1], []);

const N = ["N", 2] as const;
const S = ["S", 3] as const;

/** Without types: they come from outside. */
const open = (name: string) => valueInfo(name, null, []);

const counter = [valueInfo("trip", "int64", []), valueInfo("going", "bool", [])];

/** One state that stays as long as it is, and each step's state as an output. */
const STEADY = graphProto({
  inputs: [...counter, open("state")],
  nodes: [
    nodeProto("Identity", ["going"], ["on"]),
    nodeProto("Add", ["state", "one"], ["next"]),
    nodeProto("Identity", ["next"], ["seen"]),
  ],
  outputs: ["on", "next", "seen"],
  constants: { one: float([1], []) },
});

/** A state that grows by one element a step, beside one that takes over how long the first one was. */
const GROWING = graphProto({
  inputs: [...counter, open("state"), open("last")],
  nodes: [
    nodeProto("Identity", ["going"], ["on"]),
    nodeProto("Concat", ["state", "one"], ["next"], { axis: 0 }),
    nodeProto("Identity", ["state"], ["taken"]),
    nodeProto("Shape", ["state"], ["length"]),
  ],
  outputs: ["on", "next", "taken", "length"],
  constants: { one: float([1]) },
});

/** Ends before the counter does. */
const ENDING = graphProto({
  inputs: [...counter, open("state")],
  nodes: [
    nodeProto("Less", ["trip", "two"], ["on"]),
    nodeProto("Identity", ["state"], ["next"]),
    nodeProto("Identity", ["state"], ["seen"]),
  ],
  outputs: ["on", "next", "seen"],
  constants: { two: int64([2], []) },
});

const SUMS = graphProto({
  inputs: [open("sum"), open("element")],
  nodes: [nodeProto("Add", ["sum", "element"], ["next"]), nodeProto("Identity", ["next"], ["seen"])],
  outputs: ["next", "seen"],
});

const branch = (length: number) =>
  graphProto({
    nodes: [nodeProto("Identity", ["it"], ["out"])],
    outputs: ["out"],
    constants: { it: float([1], [length, 3]) },
  });

const body = (graph: Uint8Array) => ({ body: { graph } });

export const CONTROL_CASES: readonly OperatorCase[] = [
  {
    op: "Loop",
    inputs: [int64([5], []), yes, f32([N, S])],
    attributes: body(STEADY),
    outputs: 2,
  },
  { op: "Loop", opset: 11, inputs: [int64([4], []), null, f32([N])], attributes: body(STEADY), outputs: 2 },
  {
    op: "Loop",
    inputs: [fed("int64")([], [4]), yes, f32([N])],
    attributes: body(STEADY),
    outputs: 2,
    unknown: 1,
  },
  {
    op: "Loop",
    inputs: [int64([3], []), yes, f32([N]), f32([N])],
    attributes: body(GROWING),
    outputs: 3,
    unknown: 2,
  },
  { op: "Loop", inputs: [int64([9], []), yes, f32([N])], attributes: body(ENDING), outputs: 2, unknown: 1 },
  { op: "Loop", inputs: [null, yes, f32([N])], attributes: body(ENDING), outputs: 2, unknown: 1 },
  ...[9, 11, 16, 21].map((opset) => ({
    op: "Scan",
    opset,
    inputs: [f32([S]), f32([N, S])],
    attributes: { ...body(SUMS), num_scan_inputs: 1 },
    outputs: 2,
  })),
  {
    op: "Scan",
    inputs: [f32([S]), f32([S, N])],
    attributes: { ...body(SUMS), num_scan_inputs: 1, scan_input_axes: [1], scan_output_axes: [-1] },
    outputs: 2,
  },
  {
    op: "Scan",
    opset: 8,
    inputs: [null, f32([N, S]), f32([N, ["T", 4], S])],
    attributes: { ...body(SUMS), num_scan_inputs: 1 },
    outputs: 2,
  },
  {
    op: "If",
    inputs: [bool([], [1])],
    attributes: { then_branch: { graph: branch(2) }, else_branch: { graph: branch(2) } },
  },
  {
    op: "If",
    inputs: [bool([], [1])],
    attributes: { then_branch: { graph: branch(2) }, else_branch: { graph: branch(4) } },
    unknown: 1,
  },
  {
    op: "If",
    inputs: [fixed("bool")([0], [])],
    attributes: { then_branch: { graph: branch(2) }, else_branch: { graph: branch(4) } },
  },
];
