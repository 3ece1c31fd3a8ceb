import type { Attribute, Node, Value } from "../../../model/graph/graph.ts";
import { intOf } from "../../../model/graph/index.ts";
import type { Dim } from "../../../model/tensor/tensor.ts";

/** A use of a value, and ways to look at the node's other inputs. */
export interface Ask {
  readonly node: Node;
  /** Which of the node's inputs the value is. */
  readonly index: number;
  shapeOf(value: Value | null | undefined): readonly Dim[] | null;
  numbersOf(value: Value | null | undefined): Promise<number[] | null>;
}

/** What one use tells; see Hint. */
export interface Told {
  readonly low?: number;
  readonly high?: number;
  readonly known?: readonly (number | string)[];
  readonly lengths?: readonly (readonly [axis: number, length: number])[];
  /** All elements, where nothing else will do. */
  readonly exact?: readonly number[];
}

type Reader = (ask: Ask) => Told | Promise<Told>;

/**
 * Operators whose outputs hold values of an input as they are. `inputs`: which of them, where not all; `shape`: whether
 * the dimensions stay too.
 */
export const CARRIERS: ReadonlyMap<string, { readonly inputs?: readonly number[]; readonly shape?: true }> =
  new Map([
    ["Identity", { shape: true }],
    ["Cast", { shape: true }],
    ["Dropout", { inputs: [0], shape: true }],
    ["Reshape", { inputs: [0] }],
    ["Squeeze", { inputs: [0] }],
    ["Unsqueeze", { inputs: [0] }],
    ["Flatten", { inputs: [0] }],
    ["Transpose", {}],
    ["Slice", { inputs: [0] }],
    ["Split", { inputs: [0] }],
    ["Gather", { inputs: [0] }],
    ["Concat", {}],
    ["Expand", { inputs: [0] }],
    ["Tile", { inputs: [0] }],
  ]);

const length = (dim: Dim | undefined): number => (typeof dim === "number" ? dim : Infinity);

/** Indices into one dimension of input `table`. */
function indexInto(table: number, index: number, axis: (node: Node) => number): Reader {
  return (ask) => {
    if (ask.index !== index) return {};
    const shape = ask.shapeOf(ask.node.inputs[table]);
    const at = axis(ask.node);
    const dim = length(shape?.at(at));
    return { low: 0, high: dim === 0 ? 0 : dim - 1 };
  };
}

const axisOr = (fallback: number) => (node: Node) => intOf(node, "axis", fallback);

/** A weight that multiplies the value tells the length of one of its dimensions. */
function lengthFrom(weight: number, index: number, axis: number, dim: (node: Node) => number): Reader {
  return (ask) => {
    const shape = ask.index === index ? ask.shapeOf(ask.node.inputs[weight]) : null;
    const found = shape?.at(dim(ask.node));
    return typeof found === "number" ? { lengths: [[axis, found]] } : {};
  };
}

const comparedWith: Reader = async (ask) => ({
  known: (await ask.numbersOf(ask.node.inputs[1 - ask.index])) ?? [],
});

const divisor: Reader = ({ index }) => (index === 1 ? { low: 1 } : {});

/** The shape that a node's output is declared to have; null where it is not wholly known. */
function outputShape({ node, shapeOf }: Ask): number[] | null {
  const shape = shapeOf(node.outputs[0]);
  return shape?.every((dim) => typeof dim === "number") ? (shape as number[]) : null;
}

/** A shape that is an input, which the declared shape of the output tells; else small lengths. */
const shapeAt =
  (at: number): Reader =>
  (ask) => {
    if (ask.index !== at) return {};
    const exact = outputShape(ask);
    return exact ? { exact } : { low: 1, high: 4 };
  };

/** Scales or sizes of a resized picture. */
const resized: Reader = (ask) => {
  const [from, to] = [ask.shapeOf(ask.node.inputs[0]), outputShape(ask)];
  if (!to) return {};
  if (ask.index === 3) return { exact: to };
  const isScale = ask.index === (ask.node.inputs.length > 2 ? 2 : 1);
  if (!isScale || !from?.every((dim) => typeof dim === "number")) return {};
  return { exact: to.map((length, i) => length / (from[i] as number)) };
};

/** Numbers of elements to be made: small, so that what is made is. */
const amount: Reader = () => ({ low: 1, high: 4 });
const amountAt =
  (...indices: number[]): Reader =>
  ({ index }) =>
    indices.includes(index) ? { low: 1, high: 4 } : {};

function convolution(ask: Ask): Told {
  if (ask.index !== 0) return {};
  const shape = ask.shapeOf(ask.node.inputs[1]);
  const channels = shape?.[1];
  if (typeof channels !== "number" || !shape) return {};
  const lengths: [number, number][] = [[1, channels * intOf(ask.node, "group", 1)]];
  return { lengths };
}

/** Thresholds of trees: inputs around them take every way through. */
function thresholds(names: readonly string[]): Reader {
  return ({ node }) => {
    let [low, high] = [Infinity, -Infinity];
    for (const name of names) {
      for (const value of numbersIn(node.attributes.get(name))) {
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
    }
    if (!(low <= high)) return {};
    const margin = (high - low) / 8 || 1;
    return { low: low - margin, high: high + margin };
  };
}

function* numbersIn(attribute: Attribute | undefined): Generator<number> {
  if (attribute?.kind === "floats") yield* attribute.value;
}

/** Texts that are read as numbers, whole ones: where the value is no text, nobody asks for any. */
const numerals: Reader = () => ({ known: ["0", "1", "7", "-12", "255"] });

/** What an encoder or a vectoriser has in its lists. */
function listed(...names: string[]): Reader {
  return ({ node }) => {
    const known: (number | string)[] = [];
    for (const name of names) {
      const attribute = node.attributes.get(name);
      if (attribute?.kind === "strings") {
        for (const each of attribute.value) known.push(new TextDecoder().decode(each));
      } else if (attribute?.kind === "ints") known.push(...attribute.value.map(Number));
      else if (attribute?.kind === "floats") known.push(...attribute.value);
    }
    return { known };
  };
}

const ML = "ai.onnx.ml";
const MS = "com.microsoft";

/** What an operator tells of the values that it reads, by operator. To add one: a line. */
export const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ["Gather", indexInto(0, 1, axisOr(0))],
  ["GatherElements", indexInto(0, 1, axisOr(0))],
  ["GatherND", indexInto(0, 1, () => 0)],
  ["ScatterElements", indexInto(0, 1, axisOr(0))],
  ["ScatterND", indexInto(0, 1, () => 0)],
  [`${MS}.EmbedLayerNormalization`, (ask) => indexInto(ask.index === 0 ? 2 : 4, ask.index, () => 0)(ask)],
  [`${MS}.GatherBlockQuantized`, indexInto(0, 1, axisOr(0))],
  [
    "OneHot",
    async (ask) => {
      if (ask.index !== 0) return ask.index === 1 ? { low: 1, high: 16 } : {};
      const depth = (await ask.numbersOf(ask.node.inputs[1]))?.[0];
      return { low: 0, high: depth === undefined ? 1 : Math.max(0, depth - 1) };
    },
  ],
  ["Equal", comparedWith],
  ["Div", divisor],
  ["Mod", divisor],
  ["Cast", numerals],
  ["Range", amount],
  ["ConstantOfShape", shapeAt(0)],
  ["Reshape", shapeAt(1)],
  ["Resize", resized],
  ["Upsample", resized],
  ["TopK", amountAt(1)],
  ["Tile", amountAt(1)],
  ["Expand", shapeAt(1)],
  ["Loop", amountAt(0)],
  ["Conv", convolution],
  ["ConvInteger", convolution],
  ["MatMul", lengthFrom(1, 0, -1, () => -2)],
  ["MatMulInteger", lengthFrom(1, 0, -1, () => -2)],
  ["Gemm", lengthFrom(1, 0, -1, (node) => (intOf(node, "transB", 0) === 1 ? 1 : 0))],
  ["LSTM", recurrent],
  ["GRU", recurrent],
  ["RNN", recurrent],
  [`${ML}.TreeEnsembleRegressor`, thresholds(["nodes_values"])],
  [`${ML}.TreeEnsembleClassifier`, thresholds(["nodes_values"])],
  [`${ML}.LabelEncoder`, listed("keys_strings", "keys_int64s", "keys_floats", "classes_strings")],
  [`${ML}.CategoryMapper`, listed("cats_strings", "cats_int64s")],
  [`${ML}.OneHotEncoder`, listed("cats_strings", "cats_int64s")],
  ["TfIdfVectorizer", listed("pool_strings", "pool_int64s")],
]);

/** [steps, batch, features] for the sequence, [directions, batch, units] for the states. */
function recurrent(ask: Ask): Told {
  const weights = ask.shapeOf(ask.node.inputs[ask.index === 0 ? 1 : 2]);
  const [directions, , inner] = weights ?? [];
  if (typeof inner !== "number") return {};
  if (ask.index === 0) return { lengths: [[2, inner]] };
  if (ask.index !== 5 && ask.index !== 6) return {};
  return {
    lengths:
      typeof directions === "number"
        ? [
            [0, directions],
            [2, inner],
          ]
        : [[2, inner]],
  };
}
