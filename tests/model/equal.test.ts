// In what two models differ.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { removeAttribute, setAttribute } from "../../src/model/graph/attributes.ts";
import {
  attribute,
  bytesOf,
  constantTensor,
  type Model,
  modelDifferences,
  type Node,
} from "../../src/model/index.ts";
import { MNIST, openBytes } from "./files.ts";

const mnist = () => openBytes(readFileSync(MNIST));

const changes: [string, RegExp, (model: Model) => void][] = [
  ["a name", /^graph, node Plus30 \(Add\): name: Plus30 became other$/, (model) => rename0(model, "other")],
  ["an input", /inputs: \[.*\] became \[.*\]/, (model) => model.graph.nodes[0]?.inputs.reverse()],
  ["a node", /node Convolution28_Output_0 is gone/, (model) => model.graph.nodes.splice(1, 1)],
  [
    "an attribute",
    /attribute strides is gone/,
    (model) => removeAttribute(model.graph.nodes.find(({ op }) => op === "Conv") as Node, "strides"),
  ],
  ["an opset", /opset ai.x is new/, (model) => model.opsets.set("ai.x", 3)],
  ["the order", /order of nodes/, (model) => model.graph.nodes.reverse()],
];
function rename0(model: Model, name: string) {
  const node = model.graph.nodes.find((each) => each.name === "Plus30");
  if (node) node.name = name;
}

test.each(changes)("%s", async (_what, text, change) => {
  const [a, b] = [await mnist(), await mnist()];
  expect(await modelDifferences(a, b, { strictOrder: true })).toEqual([]);
  change(b);
  const found = await modelDifferences(a, b, { strictOrder: true });
  expect(found.map(({ where, what }) => `${where}: ${what}`).join("\n")).toMatch(text);
});

test("one bit of a weight, and no more than was asked for", async () => {
  const [a, b] = [await mnist(), await mnist()];
  for (const value of b.graph.values.values()) {
    if (value.constant?.dtype !== "float32") continue;
    const tensor = await value.constant.read();
    bytesOf(tensor)[0] = (bytesOf(tensor)[0] ?? 0) + 1;
    value.constant = constantTensor(tensor, "test", value.name);
  }
  const found = await modelDifferences(a, b);
  expect(new Set(found.map(({ what }) => what))).toEqual(new Set(["other elements"]));
  expect(found.length).toBeGreaterThan(3);
  expect(await modelDifferences(a, b, { limit: 2 })).toHaveLength(2);
});

test("zeros and NaNs are told apart by their bits", async () => {
  const [a, b] = [await mnist(), await mnist()];
  const [node] = a.graph.nodes;
  setAttribute(node as Node, "x", attribute.floats([0, Number.NaN]));
  setAttribute(b.graph.nodes[0] as Node, "x", attribute.floats([-0, Number.NaN]));
  const found = await modelDifferences(a, b);
  expect(found.map(({ what }) => what)).toEqual(['value: [0,"NaN"] became ["-0","NaN"]']);
});
