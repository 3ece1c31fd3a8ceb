import type { LazyTensor } from "../../tensor/tensor.ts";
import type { Graph, Node, Value } from "../graph.ts";
import { type Edges, edgesOf } from "./edges.ts";
import { Hash } from "./hash.ts";
import { attributesKey, constantKind, isConstant, operatorOf } from "./keys.ts";

/** What the two graphs of a comparison have in common from the start. */
export interface Common {
  /** Numbers of values that are already known to belong together: inputs, and values of graphs around. */
  readonly pairs: ReadonlyMap<Value, number>;
  /** Numbers of outputs that belong together, by the value in each graph that is one. */
  readonly outputs: ReadonlyMap<Value, readonly number[]>;
  /** Hashes of what is in constants, see contents.ts; empty where nobody looked. */
  readonly contents: ReadonlyMap<LazyTensor, number>;
}

/** Hashes, one a node. */
export type Hashes = Float64Array;

/** One of two graphs that are compared. Constants are no nodes here, however the file holds them. */
export interface Side {
  readonly nodes: readonly Node[];
  readonly edges: Edges;
  /** Of the operator; of the operator with its attributes and the kinds of its constants. */
  readonly operators: Hashes;
  readonly locals: Hashes;
  /** Of everything that it is computed from, and everything that is computed from it; constants by their kind only. */
  readonly ups: Hashes;
  readonly downs: Hashes;
  /** Of the operator, and of the values that it reads which are known to belong together; NaN where it reads none. */
  readonly known: Hashes;
  /** Of what is in the constants that it reads; NaN where there are none, or nobody looked. */
  readonly contents: Hashes;
}

/** What the parts of a hash begin with, so that one is never taken for another. */
const SEED = {
  operator: 1,
  local: 2,
  up: 3,
  down: 4,
  pair: 5,
  constant: 6,
  output: 7,
  inner: 8,
  reader: 9,
  known: 10,
  contents: 11,
} as const;

export function sideOf(graph: Graph, common: Common): Side {
  const nodes = graph.nodes.filter((node) => !isConstant(node));
  const side: Side = {
    nodes,
    edges: edgesOf(nodes),
    operators: new Float64Array(nodes.length),
    locals: new Float64Array(nodes.length),
    ups: new Float64Array(nodes.length),
    downs: new Float64Array(nodes.length),
    known: new Float64Array(nodes.length),
    contents: new Float64Array(nodes.length).fill(Number.NaN),
  };
  hashUp(side, common);
  if (common.contents.size > 0) hashContents(side, common);
  hashDown(side, graph, common);
  return side;
}

function hashUp({ nodes, edges, operators, locals, ups, known }: Side, { pairs }: Common): void {
  const kindOf = kinds();
  const operatorOf = operatorHashes();
  const [up, local, part, read] = [new Hash(), new Hash(), new Hash(), new Hash()];
  for (const [i, node] of nodes.entries()) {
    const operator = operatorOf(node);
    operators[i] = operator;
    const attributes = attributesKey(node);
    local.start(SEED.local).hash(operator).text(attributes);
    up.start(SEED.up).hash(operator).text(attributes);
    read.start(SEED.known);
    let readsKnown = false;
    for (let k = 0, e = edges.inStart[i] as number; k < node.inputs.length; k++, e++) {
      const value = node.inputs[k];
      const producer = edges.producer[e] as number;
      const kind = producer < 0 && value ? kindOf(value) : 0;
      const pair = value && pairs.size > 0 ? pairs.get(value) : undefined;
      local.hash(value ? kind : 1);
      if (pair !== undefined) {
        up.hash(part.start(SEED.pair).int(pair).value);
        read.int(k).int(pair);
        readsKnown = true;
      }
      if (pair !== undefined) continue;
      if (producer < 0) up.hash(value ? kind : 1);
      else up.hash(ups[producer] as number).int(edges.output[e] as number);
    }
    locals[i] = local.value;
    ups[i] = up.value;
    known[i] = readsKnown ? read.hash(operator).value : Number.NaN;
  }
}

function hashContents({ nodes, contents }: Side, common: Common): void {
  const hash = new Hash();
  for (const [i, node] of nodes.entries()) {
    hash.start(SEED.contents);
    let some = false;
    for (const [k, value] of node.inputs.entries()) {
      const tensor = value && tensorIn(value);
      const content = tensor ? common.contents.get(tensor) : undefined;
      if (content === undefined) continue;
      hash.int(k).hash(content);
      some = true;
    }
    if (some) contents[i] = hash.value;
  }
}

function tensorIn(value: Value): LazyTensor | null {
  if (value.constant) return value.constant;
  const held = value.producer && isConstant(value.producer) ? value.producer.attributes.get("value") : null;
  return held?.kind === "tensor" ? held.value : null;
}

/** Readers count in any order; a reader in a subgraph by its operator: its surroundings are compared later. */
function hashDown({ nodes, edges, locals, downs }: Side, graph: Graph, { outputs }: Common): void {
  const operatorOf = operatorHashes();
  const [down, part] = [new Hash(), new Hash()];
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i] as Node;
    let [low, high] = [0, 0];
    const add = (each: number) => {
      low = (low + (each % 2 ** 32)) % 2 ** 32;
      high = (high + Math.floor(each / 2 ** 32)) % 2 ** 32;
    };
    const [from, to] = [edges.outStart[i] as number, edges.outStart[i + 1] as number];
    for (let at = from; at < to; at++) {
      const e = edges.leaving[at] as number;
      const reader = edges.reader[e] as number;
      part.start(SEED.reader).hash(downs[reader] as number);
      add(part.int(e - (edges.inStart[reader] as number)).int(edges.output[e] as number).value);
    }
    let uses = to - from;
    for (const [k, value] of node.outputs.entries()) {
      for (const number of (value && outputs.get(value)) ?? []) {
        add(part.start(SEED.output).int(number).int(k).value);
      }
      uses -= value?.uses.length ?? 0;
    }
    if (uses !== 0) {
      for (const [k, value] of node.outputs.entries()) {
        for (const use of value?.uses ?? []) {
          if (use.node.graph === graph) continue;
          add(part.start(SEED.inner).hash(operatorOf(use.node)).int(use.index).int(k).value);
        }
      }
    }
    downs[i] = down
      .start(SEED.down)
      .hash(locals[i] as number)
      .int(low)
      .int(high).value;
  }
}

function operatorHashes(): (node: Node) => number {
  const known = new Map<string, number>();
  const hash = new Hash();
  return (node) => {
    const name = operatorOf(node);
    let operator = known.get(name);
    if (operator === undefined) {
      operator = hash.start(SEED.operator).text(name).value;
      known.set(name, operator);
    }
    return operator;
  };
}

/** The kind of a constant as a hash; 0 for what is none. */
function kinds(): (value: Value) => number {
  const known = new Map<Value, number>();
  const hash = new Hash();
  return (value) => {
    if (!value.constant && !value.sparse && value.producer?.op !== "Constant") return 0;
    let kind = known.get(value);
    if (kind === undefined) {
      const text = constantKind(value);
      kind = text === null ? 0 : hash.start(SEED.constant).text(text).value;
      known.set(value, kind);
    }
    return kind;
  };
}
