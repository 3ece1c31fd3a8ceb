import { intOf, intsOf, stringOf } from "../../graph/edit.ts";
import type { Attribute, Node } from "../../graph/graph.ts";
import { type Extent, isSameShape } from "../../graph/infer/index.ts";
import { DTYPES, type DType } from "../../tensor/dtype.ts";
import { intsAt, intsOfValue, normalAxes, numbersOf, WHOLE } from "./elements.ts";
import { type Rewrite, type Rule, rulesPass } from "./rewrite.ts";

const BY_NUMBER: ReadonlyMap<number, DType> = new Map(
  Object.entries(DTYPES).map(([name, { onnx }]) => [onnx, name as DType]),
);

/** `to` is a number, and was a name before opset 6. */
export function castTarget(node: Node): DType | undefined {
  const to: Attribute | undefined = node.attributes.get("to");
  if (to?.kind === "int") return BY_NUMBER.get(Number(to.value));
  const name = stringOf(node, "to", "").toLowerCase();
  return ({ float: "float32", double: "float64" } as const)[name as "float"] ?? (name as DType);
}

const cast: Rule = (node, rewrite) => {
  const [input] = node.inputs;
  const dtype = rewrite.dtypeOf(input);
  if (dtype && dtype === castTarget(node)) rewrite.bypass(node, input);
};

/**
 * Same shape, and the same elements in the same order: the input itself. One length of each may be unknown where the
 * others are equal and not zero, since the number of elements is the same.
 */
const view: Rule = (node, rewrite) => {
  const [input] = node.inputs;
  if (keepsShape(rewrite.shapeOf(input), rewrite.shapeOf(node.outputs[0]), 1)) rewrite.bypass(node, input);
};

/** Expand, Tile: as many elements as before only where every length is the same. */
const stretched: Rule = (node, rewrite) => {
  const [input] = node.inputs;
  if (keepsShape(rewrite.shapeOf(input), rewrite.shapeOf(node.outputs[0]), 0)) rewrite.bypass(node, input);
};

function keepsShape(a: readonly Extent[] | null, b: readonly Extent[] | null, unknown: number): boolean {
  if (!a || !b || a.length !== b.length) return false;
  if (isSameShape(a, b)) return true;
  let different = 0;
  for (const [axis, dim] of a.entries()) {
    if (typeof dim === "number" && dim > 0 && dim === b[axis]) continue;
    if (++different > unknown) return false;
  }
  return true;
}

const transpose: Rule = (node, rewrite) => {
  const perm = intsOf(node, "perm");
  const rank = rewrite.shapeOf(node.inputs[0])?.length;
  const isIdentity = perm ? perm.every((from, to) => from === to) : rank !== undefined && rank < 2;
  if (isIdentity) rewrite.bypass(node, node.inputs[0]);
};

/** Ends from here on are how exporters write "to the end" (INT32_MAX, INT64_MAX as a rounded number). */
const TO_THE_END = 2 ** 31 - 1;

const slice: Rule = async (node, rewrite) => {
  const [input] = node.inputs;
  const steps = await intsAt(rewrite, node, "steps", 4);
  if (steps === null || steps?.some((step) => step !== 1)) return;
  // With steps of 1, only the whole is as long as the whole.
  if (keepsShape(rewrite.shapeOf(input), rewrite.shapeOf(node.outputs[0]), 0)) {
    rewrite.bypass(node, input);
    return;
  }
  const starts = await intsAt(rewrite, node, "starts", 1);
  const ends = await endsOf(rewrite, node);
  if (starts?.every((start) => start === 0) && ends?.every((end) => end >= TO_THE_END))
    rewrite.bypass(node, input);
};

async function endsOf(rewrite: Rewrite, node: Node): Promise<readonly number[] | null> {
  const own = intsOf(node, "ends");
  if (own) return own;
  const tensor = await rewrite.read(node.inputs[2]);
  return tensor && WHOLE.has(tensor.dtype) ? Array.from(tensor.data as ArrayLike<bigint>, Number) : null;
}

const concat: Rule = (node, rewrite) => {
  const axis = intOf(node, "axis", 1);
  const shapes = node.inputs.map((input) => rewrite.shapeOf(input));
  const rank = shapes.find((shape) => shape !== null)?.length;
  const [at] = normalAxes([axis], rank) ?? [];
  const empty = at === undefined ? [] : node.inputs.filter((_, i) => shapes[i]?.[at] === 0);
  // An empty one adds nothing, unless all are empty.
  if (empty.length > 0 && empty.length < node.inputs.length) {
    rewrite.setInputs(
      node,
      node.inputs.filter((_, i) => shapes[i]?.[at as number] !== 0),
    );
  }
  if (node.inputs.length === 1) rewrite.bypass(node, node.inputs[0]);
};

const pad: Rule = async (node, rewrite) => {
  const own = intsOf(node, "pads") ?? intsOf(node, "paddings");
  const pads = own ?? (await intsOfValue(rewrite, node.inputs[1]));
  if (pads?.every((each) => each === 0)) rewrite.bypass(node, node.inputs[0]);
};

/** Split into one part, Sum, Max, Min and Mean of one. */
const ofOne: Rule = (node, rewrite) => {
  if (node.outputs.length === 1 && node.inputs.filter((input) => input !== null).length === 1)
    rewrite.bypass(node, node.inputs[0]);
};

const split: Rule = (node, rewrite) => {
  if (node.outputs.length === 1) rewrite.bypass(node, node.inputs[0]);
};

/**
 * Without bounds, whole numbers stay. Floats need not: the runtime's bounds are then the largest finite numbers, and
 * infinity becomes one of them.
 */
const clip: Rule = (node, rewrite) => {
  const [input, low, high] = node.inputs;
  const dtype = rewrite.dtypeOf(input);
  const isOpen = !low && !high && !node.attributes.has("min") && !node.attributes.has("max");
  if (isOpen && dtype && WHOLE.has(dtype)) rewrite.bypass(node, input);
};

/** Every scale 1: the runtime copies. Cropping (`tf_crop_and_resize`) and smoothing are something else. */
const resize: Rule = async (node, rewrite) => {
  if (stringOf(node, "coordinate_transformation_mode", "half_pixel") === "tf_crop_and_resize") return;
  if (intOf(node, "antialias", 0) !== 0) return;
  const [input] = node.inputs;
  const at = node.inputs.length > 2 ? 2 : 1;
  const own = node.attributes.get("scales");
  const scales = own?.kind === "floats" ? own.value : await numbersOf(rewrite, node.inputs[at]);
  const sizes = node.inputs[3];
  const byScales = !sizes && scales && scales.length > 0 && scales.every((scale) => scale === 1);
  if (byScales || (sizes && keepsShape(rewrite.shapeOf(input), rewrite.shapeOf(node.outputs[0]), 0)))
    rewrite.bypass(node, input);
};

/** Windows of one element. */
const pool: Rule = (node, rewrite) => {
  const kernel = intsOf(node, "kernel_shape");
  const isOne = (name: string) => intsOf(node, name)?.every((each) => each === 1) ?? true;
  const isZero = (name: string) => intsOf(node, name)?.every((each) => each === 0) ?? true;
  if (kernel?.every((each) => each === 1) && isOne("strides") && isZero("pads"))
    rewrite.bypass(node, node.inputs[0]);
};

export const noOps = rulesPass(
  "no-ops",
  "No node leaves its input as it is, where shapes and constants tell.",
  {
    AveragePool: pool,
    Cast: cast,
    Clip: clip,
    Concat: concat,
    Expand: stretched,
    Flatten: view,
    Max: ofOne,
    MaxPool: pool,
    Mean: ofOne,
    Min: ofOne,
    Pad: pad,
    Reshape: view,
    Resize: resize,
    Slice: slice,
    Split: split,
    Squeeze: view,
    Sum: ofOne,
    Tile: stretched,
    Transpose: transpose,
    Unsqueeze: view,
    Upsample: resize,
  },
);
