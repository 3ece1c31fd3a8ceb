// The attributes of a node, which are a list while they are few and a map when they are many.
import { expect, test } from "vitest";
import { attributesOf, removeAttribute, setAttribute } from "../../src/model/graph/attributes.ts";
import { attribute, type Node } from "../../src/model/graph/index.ts";
import { build } from "./passes/build.ts";

const names = (count: number) => Array.from({ length: count }, (_, i) => `name ${i}`);

function nodeWith(count: number): Node {
  const model = build(17, (b) => b.node("Own", [b.input("x", "float32", [1])], {}, "own"));
  const node = model.graph.nodes[0] as Node;
  for (const [i, name] of names(count).entries()) setAttribute(node, name, attribute.int(i));
  return node;
}

test.each([0, 1, 2, 3, 12, 13, 40])("%i of them are what a map of them is", (count) => {
  const { attributes } = nodeWith(count);
  const map = new Map(names(count).map((name, i) => [name, attribute.int(i)]));
  expect(attributes.size).toBe(count);
  expect([...attributes]).toEqual([...map]);
  expect([...attributes.entries()]).toEqual([...map]);
  expect([...attributes.keys()]).toEqual([...map.keys()]);
  expect([...attributes.values()]).toEqual([...map.values()]);
  expect(new Map(attributes)).toEqual(map);
  const seen: unknown[] = [];
  attributes.forEach((value, name, all) => {
    seen.push([name, value, all === attributes]);
  });
  expect(seen).toEqual([...map].map(([name, value]) => [name, value, true]));
  for (const [name, value] of map) expect(attributes.get(name)).toEqual(value);
  expect(attributes.has("another")).toBe(false);
  expect(attributes.get("another")).toBeUndefined();
});

test.each([1, 2, 12, 13])("one of %i is set again in its place, taken out, and set at the end", (count) => {
  const node = nodeWith(count);
  const copy = attributesOf(node.attributes);
  setAttribute(node, "name 0", attribute.int(99));
  expect([...node.attributes.keys()]).toEqual(names(count));
  expect(node.attributes.get("name 0")).toEqual(attribute.int(99));
  removeAttribute(node, "name 0");
  removeAttribute(node, "another");
  expect([...node.attributes.keys()]).toEqual(names(count).slice(1));
  setAttribute(node, "name 0", attribute.int(0));
  expect([...node.attributes.keys()]).toEqual([...names(count).slice(1), "name 0"]);
  // A copy is not changed with what it was made of.
  expect([...copy.keys()]).toEqual(names(count));
  expect(copy.get("name 0")).toEqual(attribute.int(0));
});

test.each(["constructor", "__proto__", ""])("the name %j is one like another", (name) => {
  const node = nodeWith(2);
  expect(node.attributes.get(name)).toBeUndefined();
  setAttribute(node, name, attribute.int(7));
  expect(node.attributes.get(name)).toEqual(attribute.int(7));
});
