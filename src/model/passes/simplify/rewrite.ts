import { setAttribute } from "../../graph/attributes.ts";
import {
  addConstant,
  addValue,
  GraphEdit,
  isOutput,
  Names,
  type NodeSpec,
  nodeNames,
  replaceUses,
  setInput,
  setInputs,
  substitute,
} from "../../graph/edit.ts";
import type { Attribute, Graph, Model, Node, Value } from "../../graph/graph.ts";
import type { Extent } from "../../graph/infer/index.ts";
import { subgraphsOf } from "../../graph/walk.ts";
import type { DType } from "../../tensor/dtype.ts";
import { constantTensor, readSmall, tensorFromNumbers } from "../../tensor/index.ts";
import type { LazyTensor, Tensor } from "../../tensor/tensor.ts";
import type { Pass, PassContext } from "../pass.ts";
import { type Types, workOutTypes } from "../types.ts";
import { constantTest } from "./constants.ts";

/** Looks at one node and may change it, or the nodes around it. */
export type Rule = (node: Node, rewrite: Rewrite) => void | Promise<void>;

/**
 * One pass at work on a model: what its rules see, and how they change it. A rule never changes the type of a value that
 * stays: where a type changes, it makes a new value.
 */
export class Rewrite {
  readonly model: Model;
  readonly types: Types;
  readonly context: PassContext;
  readonly #isConstant: (value: Value) => boolean;
  readonly #edits = new Map<Graph, GraphEdit>();
  readonly #opsets = new Map<Graph, number>();
  #names: Names | null = null;
  #nodeNames: ((hint: string) => string) | null = null;
  /** Whether anything was changed. */
  modified = false;

  constructor(model: Model, types: Types, context: PassContext) {
    this.model = model;
    this.types = types;
    this.context = context;
    this.#isConstant = constantTest(model);
    this.#opsets.set(model.graph, model.opsets.get("") ?? 0);
    for (const { graph, opsets } of model.functions) this.#opsets.set(graph, opsets.get("") ?? 0);
  }

  /** The version of ai.onnx that a graph is written in; 0 where it imports none. */
  opset(graph: Graph): number {
    const own = this.#opsets.get(graph);
    if (own !== undefined) return own;
    const version = graph.parent ? this.opset(graph.parent) : 0;
    this.#opsets.set(graph, version);
    return version;
  }

  dtypeOf(value: Value | null | undefined): DType | null {
    return value ? this.types.dtypeOf(value) : null;
  }

  shapeOf(value: Value | null | undefined): readonly Extent[] | null {
    return value ? this.types.shapeOf(value) : null;
  }

  /** Whether the value is the same in every run: a constant that no caller may replace. */
  isConstant(value: Value | null | undefined): value is Value & { constant: LazyTensor } {
    return value != null && this.#isConstant(value);
  }

  /** The elements of a small constant; null for anything else. */
  async read(value: Value | null | undefined): Promise<Tensor | null> {
    return this.isConstant(value) ? readSmall(value.constant, this.context.signal) : null;
  }

  /** A name that nothing in the model has. */
  fresh(hint: string): string {
    this.#names ??= new Names(this.model);
    return this.#names.fresh(hint);
  }

  /** A new value of a graph, for an output of a new node. */
  value(graph: Graph, hint: string, dtype: DType | null, shape: readonly Extent[] | null): Value {
    const value = addValue(graph, this.fresh(hint));
    this.types.set(value, dtype, shape);
    return value;
  }

  constant(graph: Graph, hint: string, tensor: LazyTensor): Value {
    this.modified = true;
    const value = addConstant(graph, this.fresh(hint), tensor);
    this.types.set(value, tensor.dtype, tensor.shape);
    return value;
  }

  /** A constant of whole numbers, of rank 1: a shape, axes, bounds. */
  ints(graph: Graph, hint: string, numbers: readonly number[]): Value {
    const tensor = tensorFromNumbers("int64", [numbers.length], numbers);
    return this.constant(graph, hint, constantTensor(tensor, "worked out"));
  }

  /** A constant of rank 0. */
  scalar(graph: Graph, hint: string, dtype: DType, number: number): Value {
    return this.constant(graph, hint, constantTensor(tensorFromNumbers(dtype, [], [number]), "worked out"));
  }

  /** Lets an input of a node read another value. */
  setInput(node: Node, index: number, value: Value | null): void {
    this.modified = true;
    setInput(node, index, value);
  }

  setInputs(node: Node, values: readonly (Value | null)[]): void {
    this.modified = true;
    setInputs(node, values);
  }

  /** A name that no node of the model has. */
  nodeName(hint: string): string {
    this.#nodeNames ??= nodeNames(this.model);
    return this.#nodeNames(hint);
  }

  setAttribute(node: Node, name: string, attribute: Attribute): void {
    this.modified = true;
    setAttribute(node, name, attribute);
  }

  /** The only node that reads a value, in the same graph; null where there are several, or it is an output. */
  onlyReader(value: Value | null | undefined): Node | null {
    const [use] = value?.uses ?? [];
    return value && use && value.uses.length === 1 && !isOutput(value) && use.node.graph === value.graph
      ? use.node
      : null;
  }

  /** The node of ai.onnx that computes a value in the same graph as its reader, and whose attributes are known; else null. */
  producer(reader: Node, index: number): Node | null {
    const node = reader.inputs[index]?.producer;
    if (node?.domain !== "" || node.graph !== reader.graph) return null;
    return this.isRemoved(node) || refersToCaller(node) ? null : node;
  }

  /** Lets a node compute what another one computed, which is taken out. Both have one output. */
  takeOver(node: Node, from: Node): void {
    const [before, output] = [node.outputs[0], from.outputs[0]];
    if (!output || !before) return;
    node.outputs = [output];
    output.producer = node;
    before.producer = null;
    this.remove(from);
    if (before.uses.length === 0) before.graph.values.delete(before.name);
  }

  isRemoved(node: Node): boolean {
    return this.#edits.size > 0 && (this.#edits.get(node.graph)?.isRemoved(node) ?? false);
  }

  insertBefore(anchor: Node, spec: NodeSpec): Node {
    this.modified = true;
    return this.#edit(anchor.graph).insertBefore(anchor, spec);
  }

  insertAfter(anchor: Node, spec: NodeSpec): Node {
    this.modified = true;
    return this.#edit(anchor.graph).insertAfter(anchor, spec);
  }

  /** Moves a node of another graph, whose values are this graph's already. */
  moveBefore(anchor: Node, node: Node): void {
    this.modified = true;
    this.#edit(anchor.graph).moveBefore(anchor, node);
  }

  remove(node: Node): void {
    this.modified = true;
    this.#edit(node.graph).remove(node);
  }

  /** Lets everything that reads `from` read `to`. @returns false, and nothing is changed, where an output's name forbids it */
  replace(from: Value, to: Value): boolean {
    // Names are looked at only where an output's moves: gathering them takes as long as a pass.
    if (!isOutput(from)) replaceUses(from, to);
    else {
      this.#names ??= new Names(this.model);
      if (!substitute(from, to, this.#names)) return false;
    }
    this.modified = true;
    return true;
  }

  /** Takes out a node with one output that is the same as another value. */
  bypass(node: Node, to: Value | null | undefined): boolean {
    const [output] = node.outputs;
    if (!to || !output || node.outputs.slice(1).some(isRead) || !this.replace(output, to)) return false;
    this.remove(node);
    return true;
  }

  commit(): void {
    for (const edit of this.#edits.values()) edit.commit();
  }

  #edit(graph: Graph): GraphEdit {
    let edit = this.#edits.get(graph);
    if (!edit) {
      edit = new GraphEdit(graph);
      this.#edits.set(graph, edit);
    }
    return edit;
  }
}

function isRead(value: Value | null): boolean {
  return value !== null && (value.uses.length > 0 || isOutput(value));
}

/** A pass that shows each node of ai.onnx to the rule for its operator, once, in execution order. */
export function rulesPass(name: string, promises: string, rules: Readonly<Record<string, Rule>>): Pass {
  const table = new Map(Object.entries(rules));
  return graphPass(name, promises, async (graph, rewrite) => {
    for (const node of graph.nodes) {
      const rule = node.domain === "" ? table.get(node.op) : undefined;
      if (!rule || rewrite.isRemoved(node) || refersToCaller(node)) continue;
      const pending = rule(node, rewrite);
      if (pending) await pending;
    }
  });
}

/** A pass that works on each graph by itself: outer graphs first, the bodies of functions too. */
export function graphPass(
  name: string,
  promises: string,
  work: (graph: Graph, rewrite: Rewrite) => void | Promise<void>,
): Pass {
  return {
    name,
    promises,
    keepsTypes: true,
    async run(model, context) {
      const types = await (context.types?.(model) ?? workOutTypes(model));
      const rewrite = new Rewrite(model, types, context);
      const waiting = [model.graph, ...model.functions.map(({ graph }) => graph)];
      for (let graph = waiting.pop(); graph; graph = waiting.pop()) {
        context.signal?.throwIfAborted();
        await work(graph, rewrite);
        for (const node of graph.nodes) {
          const inner = subgraphsOf(node);
          if (inner.length > 0 && !rewrite.isRemoved(node)) waiting.push(...inner);
        }
      }
      rewrite.commit();
      return { model, modified: rewrite.modified };
    },
  };
}

/** In a function's body an attribute may be the caller's: what it is, nobody knows here. */
export function refersToCaller(node: Node): boolean {
  for (const attribute of node.attributes.values()) if (attribute.kind === "reference") return true;
  return false;
}
