import { setAttribute } from "../../../graph/attributes.ts";
import { attribute } from "../../../graph/edit.ts";
import type { Node, Value } from "../../../graph/graph.ts";
import type { DType } from "../../../tensor/dtype.ts";
import { tensorFromNumbers } from "../../../tensor/index.ts";
import type { Adapter } from "../adapter.ts";
import { intsConstant, scalarConstant, take, takeInt } from "../attributes.ts";
import { concat, shape, TO_END } from "../build.ts";
import type { Step } from "../step.ts";

/**
 * Operators that ONNX had as experiments and dropped (in ONNX 1.5, hence opset 10), which exporters of that time used.
 * What they mean is told by onnx/defs/experiments of ONNX 1.4.
 */
export const experiments: readonly Adapter[] = [
  experiment("Affine", (node, step) => {
    const [alpha, beta] = [number(node, "alpha", 1, step), number(node, "beta", 0, step)];
    const dtype = floatOf(node, step);
    const scaled = step.before(node, "Mul", [
      step.input(node, 0),
      scalarConstant(node, "alpha", dtype, alpha, step),
    ]);
    step.become(node, "Add", [scaled, scalarConstant(node, "beta", dtype, beta, step)]);
  }),
  experiment("Scale", (node, step) => {
    const scale = scalarConstant(node, "scale", floatOf(node, step), number(node, "scale", 1, step), step);
    step.become(node, "Mul", [step.input(node, 0), scale]);
  }),
  experiment("ScaledTanh", (node, step) => {
    const [alpha, beta] = [number(node, "alpha", null, step), number(node, "beta", null, step)];
    const dtype = floatOf(node, step);
    const inner = step.before(node, "Mul", [
      step.input(node, 0),
      scalarConstant(node, "beta", dtype, beta, step),
    ]);
    const tanh = step.before(node, "Tanh", [inner]);
    step.become(node, "Mul", [tanh, scalarConstant(node, "alpha", dtype, alpha, step)]);
  }),
  experiment("ParametricSoftplus", (node, step) => {
    const [alpha, beta] = [number(node, "alpha", null, step), number(node, "beta", null, step)];
    const dtype = floatOf(node, step);
    const inner = step.before(node, "Mul", [
      step.input(node, 0),
      scalarConstant(node, "beta", dtype, beta, step),
    ]);
    const softplus = step.before(node, "Softplus", [inner]);
    step.become(node, "Mul", [softplus, scalarConstant(node, "alpha", dtype, alpha, step)]);
  }),
  experiment("ImageScaler", (node, step) => {
    const scale = number(node, "scale", 1, step);
    const bias = take(node, "bias", "floats", step) ?? [];
    const dtype = floatOf(node, step);
    const scaled = step.before(node, "Mul", [
      step.input(node, 0),
      scalarConstant(node, "scale", dtype, scale, step),
    ]);
    const column = tensorFromNumbers(dtype, [1, bias.length, 1, 1], bias);
    step.become(node, "Add", [scaled, step.constant(node, "bias", column)]);
  }),
  experiment("Crop", (node, step) => {
    const border = take(node, "border", "ints", step)?.map(Number);
    const size = take(node, "scale", "ints", step)?.map(Number);
    if (border?.length !== 4) return step.refuse("its border is not four numbers");
    const [left = 0, top = 0, right = 0, bottom = 0] = border;
    const [height, width] = size ?? [];
    const bounds = [
      [top, left],
      [
        height === undefined ? endBefore(bottom) : top + height,
        width === undefined ? endBefore(right) : left + width,
      ],
      [2, 3],
    ].map((each) => intsConstant(node, "crop", each, step));
    step.become(node, "Slice", [step.input(node, 0), ...bounds]);
  }),
  experiment("DynamicSlice", (node) => {
    node.op = "Slice";
  }),
  experiment("ConstantFill", (node, step) => {
    const value = number(node, "value", 0, step);
    const dtype =
      FILLED.get(takeInt(node, "dtype", step) ?? 1) ?? step.refuse("its dtype is none that it can fill");
    const filling = tensorFromNumbers(dtype, [1], [filledWith(value, dtype)]);
    step.become(node, "ConstantOfShape", [filledShape(node, step)]);
    setAttribute(node, "value", attribute.tensor(step.lazy(node, "value", filling)));
  }),
  experiment("GivenTensorFill", (node, step) => {
    const values = take(node, "values", "floats", step) ?? step.refuse("it has no attribute values");
    const given = step.constant(node, "values", tensorFromNumbers("float32", [values.length], values));
    step.become(node, "Reshape", [given, filledShape(node, step)]);
  }),
  ...["ATen", "GRUUnit", "LoopIndexTensor", "MemCopy", "GivenTensorInt64Fill"].map((op) =>
    experiment(op, (_, step) => step.refuse("ONNX has dropped it, and nothing does the same")),
  ),
];

function experiment(op: string, adapt: Adapter["adapt"]): Adapter {
  return { op, since: 10, types: true, adapt };
}

/** TensorProto.DataType of what ConstantFill could fill (Caffe2's float, int32, bool and int64). */
const FILLED: ReadonlyMap<number, DType> = new Map([
  [1, "float32"],
  [6, "int32"],
  [7, "int64"],
  [9, "bool"],
]);

/** Cast as C casts it. */
function filledWith(value: number, dtype: DType): number {
  if (dtype === "bool") return value === 0 ? 0 : 1;
  return dtype === "float32" ? value : Math.trunc(value);
}

/** A number of which nothing is known unless the node tells (`fallback` null), or that has a default. */
function number(node: Node, name: string, fallback: number | null, step: Step): number {
  return take(node, name, "float", step) ?? fallback ?? step.refuse(`it has no attribute ${name}`);
}

function floatOf(node: Node, step: Step): DType {
  return step.dtypeOf(node.inputs[0]) ?? step.refuse("the element type of its input is unknown");
}

const endBefore = (border: number) => (border === 0 ? TO_END : -border);

/** The shape of what is filled: an attribute, the shape of an input, or an input's numbers; and more dimensions behind. */
function filledShape(node: Node, step: Step): Value {
  const own = take(node, "shape", "ints", step);
  const more = take(node, "extra_shape", "ints", step) ?? [];
  const isShape = (takeInt(node, "input_as_shape", step) ?? 0) !== 0;
  const input = node.inputs[0];
  if (!input) return intsConstant(node, "shape", [...(own ?? []), ...more], step);
  const lengths = isShape
    ? step.before(node, "Cast", [input], { to: attribute.int(7) })
    : shape(node, input, step);
  if (more.length === 0) return lengths;
  return concat(node, [lengths, intsConstant(node, "extra_shape", more, step)], step);
}
