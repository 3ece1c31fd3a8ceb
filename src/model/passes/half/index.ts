import { attribute, isOutput } from "../../graph/edit.ts";
import type { Graph, Model, Node, Value, ValueType } from "../../graph/graph.ts";
import { graphsWithin } from "../../graph/walk.ts";
import { constantTensor, DTYPES, tensorFromNumbers } from "../../tensor/index.ts";
import type { PassContext } from "../pass.ts";
import { nodeText, Tally } from "../quantize/report.ts";
import type { QuantizePass } from "../quantize/weights.ts";
import { Rewrite } from "../simplify/rewrite.ts";
import { workOutTypes } from "../types.ts";
import { surveyConstants } from "./constants.ts";
import { type KeepNode, type Plan, planOf } from "./plan.ts";
import { halfTensor } from "./tensor.ts";

export interface HalfOptions {
  /** Of which type inputs and outputs of float32 become. @default "float32" */
  readonly io?: "float32" | "float16";
  /** Nodes that stay in float32, whatever they could. @default none */
  readonly keep?: KeepNode;
}

export { emulateHalf, halfUnits } from "./emulate.ts";

/**
 * What a model computes in float32 it computes in float16, where the operator can, its constants fit, and nothing speaks
 * against it (table.ts). Casts stand between both, one for each value and graph.
 */
export function halfPrecision(precision: string, options: HalfOptions = {}): QuantizePass {
  const tally = new Tally();
  return {
    name: "half-precision",
    promises: "What can be is held and computed in float16.",
    run: (model, context) => run(model, context, options, tally),
    report: () => tally.report(precision),
  };
}

async function run(model: Model, context: PassContext, { io, keep }: HalfOptions, tally: Tally) {
  const types = await (context.types?.(model) ?? workOutTypes(model));
  const rewrite = new Rewrite(model, types, context);
  const graphs = new Set(graphsWithin(model.graph));
  const plan = planOf(model, rewrite, graphs, await surveyConstants(rewrite, graphs), keep);
  for (const [node, reason] of plan.left) tally.left(reason, nodeText(node));
  const change = new Change(rewrite, plan, io === "float16", tally);
  for (const graph of graphs) change.graph(graph);
  rewrite.commit();
  return { model, modified: rewrite.modified };
}

class Change {
  readonly #rewrite: Rewrite;
  readonly #plan: Plan;
  readonly #isIoHalf: boolean;
  readonly #tally: Tally;

  constructor(rewrite: Rewrite, plan: Plan, isIoHalf: boolean, tally: Tally) {
    this.#rewrite = rewrite;
    this.#plan = plan;
    this.#isIoHalf = isIoHalf;
    this.#tally = tally;
  }

  graph(graph: Graph): void {
    const inputs = new Set(graph.inputs);
    // What is added on the way has its type already.
    const values = [...graph.values.values()].filter((value) => this.#rewrite.dtypeOf(value) === "float32");
    for (const value of values) {
      if (value.sparse) continue;
      if (this.#rewrite.isConstant(value) && !isOutput(value)) this.#constant(value);
      else if (this.#plan.values.has(value)) this.#half(value);
      else this.#full(value, inputs.has(value));
    }
    for (const node of graph.nodes) if (this.#plan.half.has(node)) this.#node(node);
  }

  /** What makes floats of something else says of which type. */
  #node(node: Node): void {
    if (node.domain !== "") return;
    if (node.op === "Cast") {
      const [input] = node.inputs;
      const isHalf = this.#rewrite.dtypeOf(input) === "float16";
      if (!isHalf || !this.#rewrite.bypass(node, input))
        this.#rewrite.setAttribute(node, "to", attribute.int(DTYPES.float16.onnx));
    } else if (node.op === "ConstantOfShape") {
      const given = node.attributes.get("value");
      const zero = constantTensor(tensorFromNumbers("float16", [1], [0]), "zero");
      const value = given?.kind === "tensor" ? halfTensor(given.value) : zero;
      this.#rewrite.setAttribute(node, "value", attribute.tensor(value));
    }
  }

  #readers(value: Value): { half: Value["uses"]; full: Value["uses"] } {
    const half: Value["uses"] = [];
    const full: Value["uses"] = [];
    for (const use of value.uses) {
      const isHalf = this.#plan.half.get(use.node)?.inputs.includes(use.index) ?? false;
      (isHalf ? half : full).push(use);
    }
    return { half, full };
  }

  #constant(value: Value): void {
    const { half, full } = this.#readers(value);
    const { constant: content } = value;
    if (half.length === 0 || !content) return;
    const rounded = halfTensor(content);
    const operators = [...new Set(half.map(({ node }) => node.op))];
    const { name } = value;
    const { shape, byteLength: before } = content;
    const after = rounded.byteLength;
    if (full.length === 0) {
      value.constant = rounded;
      this.#retype(value, "float16");
    } else {
      const copy = this.#rewrite.constant(value.graph, `${name}_fp16`, rounded);
      for (const { node, index } of half) this.#rewrite.setInput(node, index, copy);
    }
    // A copy comes on top of the original.
    this.#tally.quantized({
      name,
      shape,
      operators,
      bits: 16,
      before,
      after: full.length === 0 ? after : before + after,
    });
  }

  /** A value that is computed in float16. */
  #half(value: Value): void {
    const { half, full } = this.#readers(value);
    const isTop = value.graph === this.#rewrite.model.graph;
    const isFullOutput = isOutput(value) && !(isTop && this.#isIoHalf);
    if (full.length === 0 && !isFullOutput) {
      this.#retype(value, "float16");
      return;
    }
    const inner = this.#inner(value, "float16", half);
    if (isOutput(value) && !isFullOutput) this.#swapOutput(value, inner, full);
  }

  /** Under `--io fp16`, an output that is read in float32 too: its name stays with the float16. */
  #swapOutput(value: Value, inner: Value, full: Value["uses"]): void {
    // The Cast gives float32 under the output's name: both change places.
    const cast = value.producer as Node;
    const producer = inner.producer as Node;
    producer.outputs[producer.outputs.indexOf(inner)] = value;
    value.producer = producer;
    cast.outputs[0] = inner;
    inner.producer = cast;
    const readers = [...inner.uses];
    this.#rewrite.setInput(cast, 0, value);
    for (const { node, index } of readers) if (node !== cast) this.#rewrite.setInput(node, index, value);
    for (const { node, index } of full) this.#rewrite.setInput(node, index, inner);
    this.#retype(value, "float16");
    this.#retype(inner, "float32");
  }

  /** A value that is float32: given, computed so, or a constant that a caller may replace. */
  #full(value: Value, isGiven: boolean): void {
    const { half, full } = this.#readers(value);
    const isTop = value.graph === this.#rewrite.model.graph;
    if (isTop && this.#isIoHalf && isGiven && !value.constant) {
      this.#retype(value, "float16");
      this.#casts(value, full, "float32");
      return;
    }
    if (isTop && this.#isIoHalf && isOutput(value) && value.producer) {
      this.#inner(value, "float32", full);
      this.#retype(value, "float16");
      return;
    }
    this.#casts(value, half, "float16");
  }

  /** Lets a node compute another value of a type, of which the one that it computed becomes a Cast. */
  #inner(value: Value, dtype: "float16" | "float32", readers: Value["uses"]): Value {
    const producer = value.producer as Node;
    const suffix = dtype === "float16" ? "fp16" : "fp32";
    const inner = this.#rewrite.value(
      value.graph,
      `${value.name}_${suffix}`,
      dtype,
      this.#rewrite.shapeOf(value),
    );
    producer.outputs[producer.outputs.indexOf(value)] = inner;
    inner.producer = producer;
    for (const { node, index } of readers) this.#rewrite.setInput(node, index, inner);
    this.#rewrite.insertAfter(
      producer,
      this.#cast(inner, value, dtype === "float16" ? "float32" : "float16"),
    );
    return inner;
  }

  /** One Cast for each graph in which a value is read in another type. */
  #casts(value: Value, readers: Value["uses"], dtype: "float16" | "float32"): void {
    const made = new Map<Graph, Value>();
    for (const { node, index } of readers) {
      let cast = made.get(node.graph);
      if (!cast) {
        const suffix = dtype === "float16" ? "fp16" : "fp32";
        const shape = this.#rewrite.shapeOf(value);
        cast = this.#rewrite.value(node.graph, `${value.name}_${suffix}`, dtype, shape);
        made.set(node.graph, cast);
        const spec = this.#cast(value, cast, dtype);
        if (value.producer?.graph === node.graph) this.#rewrite.insertAfter(value.producer, spec);
        else this.#rewrite.insertBefore(node.graph.nodes[0] as Node, spec);
      }
      this.#rewrite.setInput(node, index, cast);
    }
  }

  #cast(from: Value, to: Value, dtype: "float16" | "float32") {
    return {
      op: "Cast",
      name: this.#rewrite.nodeName(`${to.name}_cast`),
      inputs: [from],
      outputs: [to],
      attributes: { to: attribute.int(DTYPES[dtype].onnx) },
    };
  }

  /** A value whose type changes; what the file says of it elsewhere is not true any more. */
  #retype(value: Value, dtype: "float16" | "float32"): void {
    this.#rewrite.modified = true;
    if (value.type) value.type = { ...value.type, dtype } as ValueType;
    delete value.redeclared;
    this.#rewrite.types.set(value, dtype, this.#rewrite.shapeOf(value));
  }
}
