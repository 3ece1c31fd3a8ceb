import { removeAttribute } from "../../graph/attributes.ts";
import { attribute, isOutput, type NodeSpec } from "../../graph/edit.ts";
import type { Graph, Node, Value } from "../../graph/graph.ts";
import { permuted, renamed, reshaped } from "../../tensor/index.ts";
import { shapeFor, toReshape } from "../simplify/reshapes.ts";
import type { Rewrite } from "../simplify/rewrite.ts";
import { Gain, isFree, passageOf, permOf, type View } from "./gain.ts";
import type { Facts, Passage } from "./passage.ts";
import {
  composed,
  inverse,
  isIdentity,
  isSamePermutation,
  keepsOrder,
  type Permutation,
  permuteBack,
} from "./permutation.ts";

/**
 * Lets transpositions pass the nodes of a graph, in the order in which they run, wherever fewer are left by that. Behind a
 * node that one passed, the old value is a view of a new one, and a Transpose makes it only if somebody still reads it.
 */
export class Sink {
  readonly #graph: Graph;
  readonly #facts: Facts;
  readonly #rewrite: Rewrite;
  readonly #views = new Map<Value, View>();
  readonly #gain: Gain;
  /** By value and permutation, what is transposed so already. */
  readonly #transposed = new Map<Value, Map<string, Value>>();
  readonly #left: { readonly value: Value; readonly by: Node }[] = [];
  readonly #transposes: Node[] = [];

  constructor(graph: Graph, facts: Facts) {
    this.#graph = graph;
    this.#facts = facts;
    this.#rewrite = facts.rewrite;
    this.#gain = new Gain(facts, this.#views);
  }

  run(): void {
    for (const node of this.#graph.nodes) {
      const perm = permOf(node, this.#facts);
      if (perm) this.#meet(node, perm);
      else this.#visit(node);
    }
    this.#finish();
  }

  /** A Transpose, perhaps of what is a view itself. */
  #meet(node: Node, own: Permutation): void {
    const rewrite = this.#rewrite;
    const [input] = node.inputs;
    const [output] = node.outputs;
    if (!input || !output) return;
    const view = this.#views.get(input);
    const base = view?.base ?? input;
    const perm = view ? composed(view.perm, own) : own;
    if (isIdentity(perm)) {
      if (rewrite.bypass(node, base)) return;
      node.op = "Identity";
      removeAttribute(node, "perm");
      if (view || own.length > 0) rewrite.setInput(node, 0, base);
      return;
    }
    const same = this.#transposed.get(base)?.get(perm.join());
    if (same && rewrite.bypass(node, same)) return;
    if (view) {
      rewrite.setInput(node, 0, base);
      rewrite.setAttribute(node, "perm", attribute.ints(perm));
    }
    this.#views.set(output, { base, perm });
    this.#keep(base, perm, output);
    this.#transposes.push(node);
  }

  #keep(base: Value, perm: Permutation, value: Value): void {
    const known = this.#transposed.get(base);
    if (known) known.set(perm.join(), value);
    else this.#transposed.set(base, new Map([[perm.join(), value]]));
  }

  /** Any other node: the first of its views' permutations that is worth it passes. */
  #visit(node: Node): void {
    const tried: Permutation[] = [];
    for (const input of node.inputs) {
      const view = input && this.#views.get(input);
      if (!view || tried.some((perm) => isSamePermutation(perm, view.perm))) continue;
      tried.push(view.perm);
      const passage = passageOf(node, view.perm, this.#facts);
      if (passage && this.#isWorth(node, passage, view.perm)) {
        this.#pass(node, passage, view.perm);
        return;
      }
      // Real nodes join tensors of one layout, or of two.
      if (tried.length === 2) return;
    }
  }

  /** Whether fewer Transposes are left if the node is passed than if it is not. */
  #isWorth(node: Node, passage: Passage, perm: Permutation): boolean {
    let [staying, passing] = [0, 0];
    for (const value of new Set(passage.inputs.map((index) => node.inputs[index]))) {
      if (!value || this.#rewrite.isConstant(value)) continue;
      const view = this.#views.get(value);
      if (view && !this.#gain.isHeld(value, view.perm) && !isFree(value, view.perm, this.#facts)) staying++;
      if (view && isSamePermutation(view.perm, perm)) continue;
      const { base, all, isFree: costsNothing } = this.#backFrom(value, perm);
      const known = this.#transposed.get(base)?.get(all.join());
      const knownView = known && this.#views.get(known);
      // One that would go otherwise is no more there for nothing than a new one.
      const isThere = known && (!knownView || this.#gain.isHeld(known, knownView.perm));
      if (!costsNothing && !isThere) passing++;
    }
    return passing + this.#gain.after(node, passage) < staying;
  }

  #pass(node: Node, passage: Passage, perm: Permutation): void {
    const rewrite = this.#rewrite;
    for (const index of passage.inputs) {
      const value = node.inputs[index];
      if (!value) continue;
      const view = this.#views.get(value);
      const isSame = view && isSamePermutation(view.perm, perm);
      rewrite.setInput(node, index, isSame ? view.base : this.#back(value, perm, node));
    }
    passage.apply?.();
    node.outputs = node.outputs.map((value) => {
      if (!value) return null;
      const shape = rewrite.shapeOf(value);
      const base = rewrite.value(
        node.graph,
        `${value.name}/transposed`,
        rewrite.dtypeOf(value),
        shape && permuteBack(shape, passage.perm),
      );
      base.producer = node;
      value.producer = null;
      this.#views.set(value, { base, perm: passage.perm });
      this.#keep(base, passage.perm, value);
      this.#left.push({ value, by: node });
      return base;
    });
  }

  /** A value of which the given one is the transposition. */
  #back(value: Value, perm: Permutation, reader: Node): Value {
    const rewrite = this.#rewrite;
    const { base, all } = this.#backFrom(value, perm);
    const known = this.#transposed.get(base)?.get(all.join());
    if (known) return known;
    const name = `${value.name}/transposed`;
    if (rewrite.isConstant(value)) {
      const { constant } = value;
      const ones = new Array<number>(perm.length - constant.shape.length).fill(1);
      const whole = reshaped(constant, [...ones, ...constant.shape]);
      const moved = rewrite.constant(reader.graph, name, renamed(permuted(whole, all), ""));
      this.#keep(base, all, moved);
      return moved;
    }
    const shape = rewrite.shapeOf(value);
    const moved = rewrite.value(
      reader.graph,
      name,
      rewrite.dtypeOf(value),
      shape && permuteBack(shape, perm),
    );
    rewrite.insertBefore(reader, this.#transposition(base, all, moved));
    this.#keep(base, all, moved);
    return moved;
  }

  /** What it is the transposition of, and how. */
  #backFrom(value: Value, perm: Permutation) {
    const back = inverse(perm);
    const view = this.#views.get(value);
    const [base, all] = view ? [view.base, composed(view.perm, back)] : [value, back];
    const shape = this.#rewrite.shapeOf(value);
    return { base, all, isFree: shape ? keepsOrder(shape, back) : false };
  }

  /** A node that transposes; where only axes of length 1 move, one that does not touch the elements. */
  #transposition(base: Value, perm: Permutation, output: Value): NodeSpec {
    const shape = reshapeFor(output, perm, this.#facts);
    if (!shape)
      return {
        op: "Transpose",
        inputs: [base],
        outputs: [output],
        attributes: { perm: attribute.ints(perm) },
      };
    const to = this.#rewrite.ints(output.graph, `${output.name}_shape`, shape);
    return { op: "Reshape", inputs: [base, to], outputs: [output] };
  }

  /** Makes the views that somebody still reads, and takes out the Transposes that nobody does. */
  #finish(): void {
    const rewrite = this.#rewrite;
    for (const { value, by } of this.#left) {
      const view = this.#views.get(value) as View;
      if (value.uses.length === 0 && !isOutput(value)) {
        value.graph.values.delete(value.name);
        continue;
      }
      rewrite.insertAfter(by, this.#transposition(view.base, view.perm, value));
    }
    for (const node of this.#transposes.reverse()) {
      const [base] = node.inputs;
      const [output] = node.outputs;
      if (!base || !output) continue;
      if (output.uses.length === 0 && !isOutput(output)) {
        rewrite.remove(node);
        continue;
      }
      const perm = permOf(node, this.#facts);
      const shape = perm && reshapeFor(output, perm, this.#facts);
      if (!shape) continue;
      removeAttribute(node, "perm");
      toReshape(rewrite, node, base, shape);
    }
  }
}

/** The shape that a Reshape is given in the place of a transposition; null where that moves elements. */
function reshapeFor(output: Value, perm: Permutation, facts: Facts): number[] | null {
  const { rewrite } = facts;
  const to = rewrite.shapeOf(output);
  if (!to || !isFree(output, perm, facts) || rewrite.opset(output.graph) < 5) return null;
  return shapeFor(to, permuteBack(to, perm));
}
