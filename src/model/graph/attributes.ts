import type { Attribute, Node } from "./graph.ts";

/** Of every node that has none: a map for each would be a fifth of what a million nodes take. */
export const NO_ATTRIBUTES: ReadonlyMap<string, Attribute> = new Map();

/** A map of its own for a node. */
export function attributesOf(
  given: ReadonlyMap<string, Attribute> | Readonly<Record<string, Attribute>>,
): ReadonlyMap<string, Attribute> {
  const entries = given instanceof Map ? given : Object.entries(given);
  const attributes = new Map<string, Attribute>(entries);
  return attributes.size === 0 ? NO_ATTRIBUTES : attributes;
}

/** Gives a node an attribute, in place of one of the same name. */
export function setAttribute(node: Node, name: string, attribute: Attribute): void {
  if (node.attributes.size === 0) node.attributes = new Map();
  (node.attributes as Map<string, Attribute>).set(name, attribute);
}

/** Takes an attribute from a node; nothing where it has none of that name. */
export function removeAttribute(node: Node, name: string): void {
  if (node.attributes.has(name)) (node.attributes as Map<string, Attribute>).delete(name);
}
