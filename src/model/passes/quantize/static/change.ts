import { attribute, isOutput } from "../../../graph/edit.ts";
import type { Value } from "../../../graph/graph.ts";
import { constantTensor } from "../../../tensor/index.ts";
import type { Tensor } from "../../../tensor/tensor.ts";
import type { Rewrite } from "../../simplify/rewrite.ts";
import { channelCodes, scalesOf } from "../channels.ts";
import type { Tally } from "../report.ts";
import type { Range, Seen } from "./calibrate.ts";
import { biasCodes, constantCodes, guardedScales, type Scale, scaleOf } from "./codes.ts";
import type { Core } from "./core.ts";
import { shiftsOf } from "./correct.ts";
import type { StaticPlan } from "./plan.ts";

/** Constants that say what codes mean: those of one scale are shared. */
interface Said extends Scale {
  readonly scaleValue: Value;
  readonly zeroValue: Value;
}

/** What was seen of each value, by its name; and the range that it shares, by the root of its group. */
export interface Ranges {
  readonly seen: ReadonlyMap<string, Seen>;
  readonly ofGroups: ReadonlyMap<Value, Range>;
}

/** Puts what was planned into the graph. */
export class StaticChange {
  readonly #rewrite: Rewrite;
  readonly #plan: StaticPlan;
  readonly #ranges: Ranges;
  readonly #tally: Tally;
  readonly #said = new Map<Value, Said>();

  constructor(rewrite: Rewrite, plan: StaticPlan, ranges: Ranges, tally: Tally) {
    this.#rewrite = rewrite;
    this.#plan = plan;
    this.#ranges = ranges;
    this.#tally = tally;
  }

  /**
   * @param largest of the channels of each weight
   * @param most the largest code of a weight
   */
  async apply(largest: ReadonlyMap<Value, Float32Array>, most: number): Promise<void> {
    const { cores, values, constants } = this.#plan;
    const byWeight = new Map<Core["weight"], Core[]>();
    for (const core of cores) {
      const known = byWeight.get(core.weight);
      if (known) known.push(core);
      else byWeight.set(core.weight, [core]);
    }
    for (const [weight, readers] of byWeight)
      await this.#weight(weight, readers, largest.get(weight) as Float32Array, most);
    for (const [value, uses] of constants) await this.#constant(value, uses);
    for (const value of values) this.#value(value);
  }

  /** What the codes of a value mean. */
  #saidOf(value: Value): Said {
    const root = this.#plan.groups.of(value);
    let said = this.#said.get(root);
    if (!said) {
      said = this.#say(value, scaleOf(this.#ranges.ofGroups.get(root) as Range));
      this.#said.set(root, said);
    }
    return said;
  }

  #say(of: Value, scale: Scale): Said {
    const zero: Tensor = { dtype: "uint8", shape: [], data: Uint8Array.of(scale.zero) };
    const graph = this.#rewrite.model.graph;
    return {
      ...scale,
      scaleValue: this.#rewrite.scalar(graph, `${of.name}_scale`, "float32", scale.scale),
      zeroValue: this.#rewrite.constant(graph, `${of.name}_zero_point`, constantTensor(zero, "worked out")),
    };
  }

  /** Whatever reads a value reads it rounded; an output of the model is what the rounded one is. */
  #value(value: Value): void {
    const rewrite = this.#rewrite;
    const { graph, producer } = value;
    const shape = rewrite.shapeOf(value);
    const said = this.#saidOf(value);
    const uses = [...value.uses];
    const codes = rewrite.value(graph, `${value.name}_quantized`, "uint8", shape);
    const isLast = producer !== null && isOutput(value);
    // The name of an output stays with what is given at last.
    const computed = isLast ? rewrite.value(graph, `${value.name}_float`, "float32", shape) : value;
    const rounded = isLast ? value : rewrite.value(graph, `${value.name}_rounded`, "float32", shape);
    if (isLast) {
      producer.outputs[producer.outputs.indexOf(value)] = computed;
      computed.producer = producer;
    }
    const specs = [
      this.#node("QuantizeLinear", codes, [computed, said.scaleValue, said.zeroValue]),
      this.#node("DequantizeLinear", rounded, [codes, said.scaleValue, said.zeroValue]),
    ];
    const [first] = graph.nodes;
    for (const spec of specs) {
      if (producer) rewrite.insertAfter(producer, spec);
      else if (first) rewrite.insertBefore(first, spec);
    }
    if (!isLast) for (const { node, index } of uses) rewrite.setInput(node, index, rounded);
  }

  async #constant(value: Value, uses: readonly { node: Core["node"]; index: number }[]): Promise<void> {
    const rewrite = this.#rewrite;
    const content = value.constant;
    const made = content && (await constantCodes(content, rewrite.context.signal));
    if (!made || !content) return;
    const said = this.#say(value, made);
    const { graph } = value;
    const codes = rewrite.constant(graph, `${value.name}_quantized`, made.codes);
    const rounded = rewrite.value(graph, `${value.name}_rounded`, "float32", content.shape);
    const [first] = rewrite.model.graph.nodes;
    if (first)
      rewrite.insertBefore(
        first,
        this.#node("DequantizeLinear", rounded, [codes, said.scaleValue, said.zeroValue]),
      );
    for (const { node, index } of uses) rewrite.setInput(node, index, rounded);
    const isGone = value.uses.length === 0 && !isOutput(value);
    if (isGone) graph.values.delete(value.name);
  }

  async #weight(weight: Core["weight"], readers: readonly Core[], largest: Float32Array, most: number) {
    const rewrite = this.#rewrite;
    const { constant: content, name, graph } = weight;
    const { length, areRows, channels, axis } = readers[0] as Core;
    const biases: { core: Core; bias: Float32Array; given: number }[] = [];
    for (const core of readers) {
      const bias = core.bias?.node.inputs[core.bias.index]?.constant;
      if (!bias) continue;
      const { data } = await bias.read(rewrite.context.signal);
      const given = this.#saidOf(core.node.inputs[0] as Value).scale;
      biases.push({ core, bias: data as Float32Array, given });
    }
    const scales = guardedScales(scalesOf(largest, most), largest, biases);
    const codes = channelCodes(content, length, areRows, scales, most);
    const scale = constantTensor({ dtype: "float32", shape: [channels], data: scales }, `scales of ${name}`);
    const zero: Tensor = { dtype: "int8", shape: [channels], data: new Int8Array(channels) };
    const rounded = this.#axis(
      `${name}_quantized`,
      [
        rewrite.constant(graph, `${name}_quantized`, codes),
        rewrite.constant(graph, `${name}_scale`, scale),
        rewrite.constant(graph, `${name}_zero_point`, constantTensor(zero, "symmetric")),
      ],
      axis,
    );
    for (const { node } of readers) rewrite.setInput(node, 1, rounded);
    graph.values.delete(name);
    let [before, after] = [content.byteLength, codes.byteLength + scale.byteLength + channels];
    for (const { core, bias, given } of biases) {
      const means = this.#ranges.seen.get(core.node.inputs[0]?.name ?? "")?.means ?? null;
      const shifts = await shiftsOf(core, scales, most, means, rewrite.context.signal);
      this.#bias(core, shifts ? bias.map((each, i) => each - (shifts[i] as number)) : bias, scales, given);
      before += bias.byteLength;
      after += 3 * bias.byteLength;
    }
    const operators = [...new Set(readers.map(({ node }) => node.op))];
    this.#tally.quantized({ name, shape: content.shape, operators, bits: 8, before, after });
  }

  /** Sums of whole numbers have the scale of what is multiplied times that of the weights: so has what is added to them. */
  #bias({ bias: place, channels }: Core, bias: Float32Array, weights: Float32Array, given: number): void {
    if (!place) return;
    const rewrite = this.#rewrite;
    const { node, index } = place;
    const old = node.inputs[index] as Value;
    const { graph } = old;
    const scales = weights.map((each) => each * given);
    const constant = (hint: string, tensor: Tensor) =>
      rewrite.constant(graph, `${old.name}_${hint}`, constantTensor(tensor, `${old.name} in 32 bits`));
    const shape = [channels];
    const parts = [
      constant("quantized", { dtype: "int32", shape, data: biasCodes(bias, scales) }),
      constant("scale", { dtype: "float32", shape, data: scales }),
      constant("zero_point", { dtype: "int32", shape, data: new Int32Array(channels) }),
    ];
    rewrite.setInput(node, index, this.#axis(`${old.name}_quantized`, parts, 0));
    if (old.uses.length === 0 && !isOutput(old)) graph.values.delete(old.name);
  }

  /** A constant of whole numbers with a scale for each place along an axis. */
  #axis(hint: string, parts: readonly Value[], axis: number): Value {
    const rewrite = this.#rewrite;
    const { graph } = rewrite.model;
    const rounded = rewrite.value(graph, `${hint}_rounded`, "float32", rewrite.shapeOf(parts[0]));
    const [first] = graph.nodes;
    if (first)
      rewrite.insertBefore(first, {
        ...this.#node("DequantizeLinear", rounded, parts),
        attributes: { axis: attribute.int(axis) },
      });
    return rounded;
  }

  #node(op: string, output: Value, inputs: readonly Value[]) {
    return { op, name: this.#rewrite.nodeName(`${output.name}_${op}`), inputs, outputs: [output] };
  }
}
