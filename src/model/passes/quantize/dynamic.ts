import { NO_ATTRIBUTES } from "../../graph/attributes.ts";
import { attribute } from "../../graph/edit.ts";
import type { Graph, Model, Node, Value } from "../../graph/graph.ts";
import { graphsWithin, runGraphsOf } from "../../graph/walk.ts";
import { constantTensor, DTYPES, permuted, reshaped } from "../../tensor/index.ts";
import type { PassContext } from "../pass.ts";
import { Rewrite } from "../simplify/rewrite.ts";
import { workOutTypes } from "../types.ts";
import { channelCodes, largestOfChannels, scalesOf } from "./channels.ts";
import { COMPUTED, type Product, productOf } from "./products.ts";
import { nodeText, Tally } from "./report.ts";
import { IN_FUNCTION, otherReader, type QuantizePass } from "./weights.ts";

export interface DynamicOptions {
  /**
   * Whether weights take 7 bits: processors without VNNI add two products of 8 bits in 16, where they may not fit.
   * @default false
   */
  readonly reduceRange?: boolean;
}

/** The first operator set that has DynamicQuantizeLinear. */
export const DYNAMIC_OPSET = 11;

/** What loses more by ranges that are found in every run than it gains, and why. */
const LEFT: ReadonlyMap<string, string> = new Map([
  ["Conv", "convolutions lose much by one range for all channels of what they are given"],
  ["ConvTranspose", "convolutions lose much by one range for all channels of what they are given"],
  ["LSTM", "what a recurrent operator rounds adds up from step to step"],
  ["GRU", "what a recurrent operator rounds adds up from step to step"],
  ["RNN", "what a recurrent operator rounds adds up from step to step"],
]);

/**
 * Products of whole numbers: weights are int8 with a scale for each column, what they are multiplied with is rounded to uint8
 * in every run, by its own smallest and largest element (DynamicQuantizeLinear and MatMulInteger). The runtime makes one
 * operator of them.
 */
export function quantizeDynamic(
  precision: string,
  { reduceRange = false }: DynamicOptions = {},
): QuantizePass {
  const tally = new Tally();
  return {
    name: "quantize-dynamic",
    promises:
      "Products with constants are computed in whole numbers of 8 bits, whose ranges are found in every run.",
    run: (model, context) => run(model, context, reduceRange ? 64 : 127, tally),
    report: () => tally.report(precision),
  };
}

async function run(model: Model, context: PassContext, most: number, tally: Tally) {
  const types = await (context.types?.(model) ?? workOutTypes(model));
  const rewrite = new Rewrite(model, types, context);
  const given: Given = new Map();
  for (const [weight, products] of productsOf(model, rewrite, tally)) {
    context.signal?.throwIfAborted();
    const { matrix } = products[0] as Product;
    const { content, k, n, isTransposed } = matrix;
    const isOne = products.every((each) => each.matrix.isTransposed === isTransposed);
    const reason = isOne ? otherReader(weight, products) : "its weights are read in two ways";
    const largest =
      reason === null &&
      (await largestOfChannels(content, isTransposed ? k : n, isTransposed, context.signal));
    if (!largest || largest.some((each) => each === Infinity)) {
      for (const { node } of products)
        tally.left(reason ?? "its weights are not all finite numbers", nodeText(node));
      continue;
    }
    const operators = [...new Set(products.map(({ node }) => node.op))];
    const scales = scalesOf(largest, most);
    const codes = channelCodes(content, isTransposed ? k : n, isTransposed, scales, most);
    const flat = reshaped(codes, isTransposed ? [n, k] : [k, n]);
    const scale = constantTensor({ dtype: "float32", shape: [n], data: scales }, `scales of ${weight.name}`);
    const parts = {
      codes: rewrite.constant(
        weight.graph,
        `${weight.name}_quantized`,
        isTransposed ? permuted(flat, [1, 0]) : flat,
      ),
      scales: rewrite.constant(weight.graph, `${weight.name}_scale`, scale),
    };
    for (const { node } of products) multiply(node, parts, given, rewrite);
    weight.graph.values.delete(weight.name);
    tally.quantized({
      name: weight.name,
      shape: content.shape,
      operators,
      bits: 8,
      before: content.byteLength,
      after: codes.byteLength + scale.byteLength,
    });
  }
  rewrite.commit();
  return { model, modified: rewrite.modified };
}

function productsOf(model: Model, rewrite: Rewrite, tally: Tally): Map<Product["weight"], Product[]> {
  const found = new Map<Product["weight"], Product[]>();
  const inMain = new Set(graphsWithin(model.graph));
  for (const graph of runGraphsOf(model)) {
    for (const node of graph.nodes) {
      if (node.domain !== "") continue;
      const reason = LEFT.get(node.op);
      if (reason !== undefined) tally.left(reason, nodeText(node));
      if (node.op !== "MatMul" && node.op !== "Gemm") continue;
      const seen = inMain.has(graph) ? productOf(node, rewrite) : IN_FUNCTION;
      if (seen === COMPUTED) continue;
      if (typeof seen === "string") tally.left(seen, nodeText(node));
      else if (found.has(seen.weight)) found.get(seen.weight)?.push(seen);
      else found.set(seen.weight, [seen]);
    }
  }
  return found;
}

/** What is multiplied, rounded: once in each graph in which it is read. */
type Given = Map<Graph, Map<Value, readonly [codes: Value, scale: Value, zero: Value]>>;

function rounded(node: Node, a: Value, given: Given, rewrite: Rewrite) {
  const { graph } = node;
  const known = given.get(graph) ?? new Map();
  given.set(graph, known);
  let values = known.get(a);
  if (!values) {
    const shape = rewrite.shapeOf(a);
    values = [
      rewrite.value(graph, `${a.name}_quantized`, "uint8", shape),
      rewrite.value(graph, `${a.name}_scale`, "float32", []),
      rewrite.value(graph, `${a.name}_zero_point`, "uint8", []),
    ] as const;
    // Right behind what computes it, where that is in the same graph: then it stands before all that read it.
    const spec = {
      op: "DynamicQuantizeLinear",
      name: rewrite.nodeName(`${a.name}_QuantizeLinear`),
      inputs: [a],
      outputs: values,
    };
    const first = a.producer?.graph === graph ? null : graph.nodes[0];
    if (first) rewrite.insertBefore(first, spec);
    else rewrite.insertAfter(a.producer as Node, spec);
    known.set(a, values);
  }
  return values;
}

function multiply(
  node: Node,
  weight: { readonly codes: Value; readonly scales: Value },
  given: Given,
  rewrite: Rewrite,
): void {
  const [a, , sum] = node.inputs;
  const output = node.outputs[0] as Value;
  const [codes, scale, zero] = rounded(node, a as Value, given, rewrite);
  const { graph } = node;
  const shape = rewrite.shapeOf(output);
  const hint = output.name;
  const step = (op: string, inputs: Value[], suffix: string, dtype: "int32" | "float32", of = shape) => {
    const value = rewrite.value(graph, `${hint}_${suffix}`, dtype, of);
    rewrite.insertBefore(node, {
      op,
      name: rewrite.nodeName(`${node.name || hint}_${suffix}`),
      inputs,
      outputs: [value],
      ...(op === "Cast" ? { attributes: { to: attribute.int(DTYPES.float32.onnx) } } : {}),
    });
    return value;
  };
  const whole = step("MatMulInteger", [codes, weight.codes, zero], "product", "int32");
  const float = step("Cast", [whole], "float", "float32");
  const scales = step("Mul", [scale, weight.scales], "scales", "float32", rewrite.shapeOf(weight.scales));
  const last = sum ? [step("Mul", [float, scales], "scaled", "float32"), sum] : [float, scales];
  rewrite.setInputs(node, last);
  node.op = sum ? "Add" : "Mul";
  node.attributes = NO_ATTRIBUTES;
}
