// What holds of every graph after every pass.
import { expect } from "vitest";
import {
  type Attribute,
  type Graph,
  graphsOf,
  type Model,
  type Node,
  subgraphsOf,
  type Value,
} from "../../../src/model/graph/index.ts";
import type { Pass, PassContext } from "../../../src/model/passes/index.ts";

/**
 * Uses, producers, places of values and the order of nodes agree with each other.
 * @param shadows whether a branch may have names of what is around it, as files have
 */
export function expectSound(model: Model, after = "", { shadows = false } = {}): void {
  const uses = new Map<Value, Set<string>>();
  const names = new Map<Node, number>();
  const graphs = [...graphsOf(model)];
  for (const graph of graphs) for (const node of graph.nodes) names.set(node, names.size);
  for (const graph of graphs) {
    const position = new Map(graph.nodes.map((node, at) => [node, at]));
    expect(position.size, `${after}: a node twice in ${graph.name}`).toBe(graph.nodes.length);
    for (const [name, value] of graph.values) {
      expect(value.name, after).toBe(name);
      expect(value.graph, `${after}: graph of ${name}`).toBe(graph);
      if (value.producer) {
        expect(position.has(value.producer), `${after}: producer of ${name}`).toBe(true);
        expect(value.producer.outputs, `${after}: producer of ${name}`).toContain(value);
        expect(value.constant, `${after}: ${name} is computed and a constant`).toBeNull();
      }
      for (let outer = graph.parent; outer; outer = outer.parent)
        if (!shadows) expect(outer.values.has(name), `${after}: ${name} shadows`).toBe(false);
    }
    for (const value of [...graph.inputs, ...graph.outputs])
      expect(graph.values.get(value.name), `${after}: ${value.name} of the signature`).toBe(value);
    for (const output of graph.outputs) expectDefined(output, graph, `${after}: output ${output.name}`);
    for (const [at, node] of graph.nodes.entries()) {
      expect(node.graph, `${after}: graph of ${node.name}`).toBe(graph);
      for (const value of node.outputs)
        if (value) {
          expect(value.producer, `${after}: ${value.name}`).toBe(node);
          expect(graph.values.get(value.name), `${after}: ${value.name}`).toBe(value);
        }
      for (const [index, value] of node.inputs.entries()) {
        if (!value) continue;
        const of = uses.get(value) ?? new Set();
        uses.set(value, of.add(`${names.get(node)}/${index}`));
        expectDefined(value, graph, `${after}: ${node.op} reads ${value.name}`);
        if (value.producer && value.graph === graph)
          expect(position.get(value.producer), `${after}: ${node.op} before ${value.name}`).toBeLessThan(at);
      }
      for (const inner of subgraphsOf(node)) expect(inner.parent, after).toBe(graph);
    }
  }
  for (const graph of graphs) {
    for (const value of graph.values.values()) {
      const found = value.uses.map(({ node, index }) => `${names.get(node)}/${index}`);
      expect(found.length, `${after}: uses of ${value.name}`).toBe(new Set(found).size);
      expect(new Set(found), `${after}: uses of ${value.name}`).toEqual(uses.get(value) ?? new Set());
    }
  }
}

/** A value has exactly one origin, in this graph or in one around it. */
function expectDefined(value: Value, graph: Graph, where: string): void {
  expect(value.graph.values.get(value.name), where).toBe(value);
  const known = value.producer || value.constant || value.sparse || value.graph.inputs.includes(value);
  expect(Boolean(known), `${where}, which nothing computes`).toBe(true);
  let outer: Graph | null = graph;
  while (outer && outer !== value.graph) outer = outer.parent;
  expect(outer, `${where} of a graph that is not around it`).toBe(value.graph);
}

const identities = new WeakMap<object, number>();
let count = 0;
function identity(thing: object): number {
  const known = identities.get(thing) ?? ++count;
  identities.set(thing, known);
  return known;
}

/** Everything of a model in one text; tensors by which object they are. Equal texts: nothing was changed. */
export function fingerprint(model: Model): string {
  const graphText = (graph: Graph): unknown => ({
    name: graph.name,
    inputs: graph.inputs.map(({ name }) => name),
    outputs: graph.outputs.map(({ name }) => name),
    values: [...graph.values.values()].map(({ name, type, constant, sparse }) => [
      name,
      type,
      constant && identity(constant),
      sparse && identity(sparse.values),
    ]),
    nodes: graph.nodes.map((node) => [
      node.domain,
      node.op,
      node.name,
      node.inputs.map((value) => value?.name ?? null),
      node.outputs.map((value) => value?.name ?? null),
      [...node.attributes].map(([name, attribute]) => [name, attributeText(attribute)]),
    ]),
  });
  const attributeText = (attribute: Attribute): unknown => {
    if (attribute.kind === "graph") return graphText(attribute.value);
    if (attribute.kind === "graphs") return attribute.value.map(graphText);
    if (attribute.kind === "tensor") return identity(attribute.value);
    if (attribute.kind === "tensors") return attribute.value.map(identity);
    if (attribute.kind === "sparse") return identity(attribute.value.values);
    if (attribute.kind === "sparses") return attribute.value.map(({ values }) => identity(values));
    return attribute;
  };
  const { graph, functions, opsets, irVersion } = model;
  return JSON.stringify(
    {
      irVersion,
      opsets: [...opsets],
      graph: graphText(graph),
      functions: functions.map((each) => [each.domain, each.name, each.overload, graphText(each.graph)]),
    },
    (_, value) => (typeof value === "bigint" ? `${value}n` : value),
  );
}

/** For runPasses: the graph is sound after each pass, the signature stays, and who says that nothing changed is right. */
export function checked(model: Model): (model: Model, pass: Pass, modified: boolean) => void {
  const signature = signatureText(model);
  let before = fingerprint(model);
  return (now, pass, modified) => {
    expectSound(now, pass.name);
    const text = fingerprint(now);
    if (!modified && text !== before) expect(text, `${pass.name} changed something`).toBe(before);
    expect(signatureText(now), `${pass.name} changed the signature`).toBe(signature);
    before = text;
  };
}

function signatureText({ graph }: Model): string {
  const of = (values: readonly Value[]) => values.map(({ name, type }) => [name, type]);
  return JSON.stringify([
    graph.name,
    of(graph.inputs.filter(({ constant }) => !constant)),
    of(graph.outputs),
  ]);
}

export const quiet: PassContext = { note: () => {} };
