import { isOutput } from "../../graph/edit.ts";
import type { Attribute, Graph, Model, Node, Value } from "../../graph/graph.ts";
import { runGraphsOf, subgraphsOf } from "../../graph/walk.ts";
import { bytesOf, readSmall } from "../../tensor/index.ts";
import type { LazyTensor } from "../../tensor/tensor.ts";
import { isDeterministic } from "./random.ts";
import { graphPass, type Rewrite } from "./rewrite.ts";

/** Texts of strings in attributes are compared; a longer attribute is compared with itself only. */
const MAX_TEXT = 4_096;

/** Tensors in attributes that are compared by their elements (a ConstantOfShape's has one), in bytes. */
const MAX_TENSOR = 1_024;

/** What the small tensors in attributes hold, in texts that are equal where they are. */
async function textsOf(model: Model, signal?: AbortSignal): Promise<Map<LazyTensor, string>> {
  const texts = new Map<LazyTensor, string>();
  for (const { nodes } of runGraphsOf(model)) {
    for (const { attributes } of nodes) {
      for (const { kind, value } of attributes.values()) {
        if (kind !== "tensor" || value.byteLength > MAX_TENSOR || value.dtype === "string") continue;
        const small = readSmall(value, signal);
        if (small) texts.set(value, `${value.dtype}[${value.shape}]${bytesOf(await small)}`);
      }
    }
  }
  return texts;
}

/** What makes two nodes the same: numbers stand for values and large tensors, which are the same only where they are identical. */
class Keys {
  readonly #numbers = new Map<object, number>();
  readonly #texts: ReadonlyMap<LazyTensor, string>;

  constructor(texts: ReadonlyMap<LazyTensor, string>) {
    this.#texts = texts;
  }

  #number(thing: object): number {
    let number = this.#numbers.get(thing);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(thing, number);
    }
    return number;
  }

  of(node: Node): string | null {
    const attributes: unknown[] = [];
    for (const [name, attribute] of node.attributes) {
      const text = this.#attribute(attribute);
      if (text === null) return null;
      attributes.push([name, text]);
    }
    attributes.sort();
    const inputs = node.inputs.map((value) => (value ? this.#number(value) : -1));
    // An input that is left out at the end is the same as one that is not there.
    while (inputs.at(-1) === -1) inputs.pop();
    const { domain, op, overload, outputs } = node;
    return JSON.stringify([domain, op, overload, inputs, attributes, outputs.map((value) => value !== null)]);
  }

  #attribute(attribute: Attribute): unknown {
    const { kind, value } = attribute;
    if (kind === "tensor") return [kind, this.#texts.get(value) ?? this.#number(value)];
    if (kind === "tensors") return [kind, value.map((each: LazyTensor) => this.#number(each))];
    if (kind === "string") return value.byteLength > MAX_TEXT ? null : [kind, [...value]];
    if (kind === "strings") {
      const length = value.reduce((sum, each) => sum + each.byteLength, value.length);
      return length > MAX_TEXT ? null : [kind, value.map((each) => [...each])];
    }
    if (kind === "int") return [kind, String(value)];
    if (kind === "ints") return [kind, value.join(",")];
    if (kind === "float") return [kind, floatText(value)];
    if (kind === "floats") return [kind, value.map(floatText).join(",")];
    if (kind === "reference") return [kind, value];
    return null;
  }
}

/** Zero has two signs. */
function floatText(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

/** Nodes of this graph and of those around it that have been computed by now. */
interface Computed {
  readonly nodes: Map<string, Node>;
  readonly outer: Computed | null;
}

function find(computed: Computed, key: string): Node | undefined {
  for (let scope: Computed | null = computed; scope; scope = scope.outer) {
    const node = scope.nodes.get(key);
    if (node) return node;
  }
  return undefined;
}

/** In execution order, into branches and bodies where they stand: they see what was computed before, and no more. */
function merge(graph: Graph, rewrite: Rewrite, keys: Keys, outer: Computed | null): void {
  const computed: Computed = { nodes: new Map(), outer };
  for (const node of graph.nodes) {
    for (const inner of subgraphsOf(node)) merge(inner, rewrite, keys, computed);
    const key = isDeterministic(node) ? keys.of(node) : null;
    if (key === null) continue;
    const same = find(computed, key);
    if (!same || !takesPlace(node, same, rewrite)) computed.nodes.set(key, node);
  }
}

/** Lets what reads a node read the one that is the same. */
function takesPlace(node: Node, same: Node, rewrite: Rewrite): boolean {
  const pairs = node.outputs.map((value, at) => [value, same.outputs[at] ?? null] as const);
  // Two outputs of the graph have two names; an output of a branch is computed in it.
  const isKept = (from: Value | null, to: Value | null) =>
    from !== null && isOutput(from) && (!to || isOutput(to) || to.graph !== from.graph);
  if (pairs.some(([from, to]) => isKept(from, to))) return false;
  for (const [from, to] of pairs) if (from && to) rewrite.replace(from, to);
  rewrite.remove(node);
  return true;
}

export const common = graphPass(
  "common",
  "Nothing is computed twice from the same inputs.",
  async (graph, rewrite) => {
    if (graph.parent) return;
    const { model, context } = rewrite;
    merge(graph, rewrite, new Keys(await textsOf(model, context.signal)), null);
  },
);
