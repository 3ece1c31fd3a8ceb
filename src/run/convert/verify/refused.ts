import { nameText } from "../../../model/graph/label.ts";

/** What ONNX Runtime says of a node that it refuses: its name, which may be empty, and its operator. */
const NODES: readonly RegExp[] = [
  /\bNode \((?<name>[^)]*)\) Op \((?<op>[^)]*)\)/g,
  /\bnode\. Name:'(?<name>[^']*)'/gi,
  /for (?<op>\w+)\(\d+\) \(node:'(?<name>[^']*)'/g,
  /for (?<op>\w+)\(\d+\) node with name '(?<name>[^']*)'/g,
  /In Node, \("(?<name>[^"]*)", (?<op>\w+),/g,
  /operator \((?<op>\w+)\) in node \((?<name>[^)]*)\)/g,
  /Running (?<op>\w+) node/gi,
];

/**
 * The node that the runtime refuses, as a place: "node conv1", or "node Conv" where it has no name; null where it names none. Of
 * nodes inside one another it is the innermost.
 */
export function refusedNode(said: string): string | null {
  for (const pattern of NODES) {
    const { name = "", op = "" } = [...said.matchAll(pattern)].at(-1)?.groups ?? {};
    if (name || op) return `node ${nameText(name || op)}`;
  }
  return null;
}
