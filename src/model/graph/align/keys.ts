import type { LazyTensor } from "../../tensor/tensor.ts";
import type { Attribute, Node, Value } from "../graph.ts";
import { graphsWithin } from "../walk.ts";

/** "Conv", "com.microsoft.FusedConv": what a node computes, apart from its attributes. */
export function operatorOf({ domain, op, overload }: Node): string {
  const name = domain === "" ? op : `${domain}.${op}`;
  return overload === "" ? name : `${name}:${overload}`;
}

/** What a constant is besides its contents, "float32[64,3,7,7]"; null for a value that is none. */
export function constantKind(value: Value): string | null {
  if (value.constant) return tensorKind(value.constant);
  if (value.sparse) return `${value.sparse.values.dtype}[${value.sparse.shape.join()}]`;
  const node = value.producer;
  if (!node || !isConstant(node)) return null;
  for (const attribute of node.attributes.values()) {
    if (attribute.kind === "tensor") return tensorKind(attribute.value);
    if (attribute.kind === "sparse") {
      return `${attribute.value.values.dtype}[${attribute.value.shape.join()}]`;
    }
    const [dtype, count] = PLAIN[attribute.kind]?.(attribute as never) ?? [];
    if (dtype !== undefined) return `${dtype}[${count === null ? "" : count}]`;
  }
  return null;
}

/** Whether a node is a constant in the place of an initializer. */
export function isConstant({ domain, op, inputs }: Node): boolean {
  return op === "Constant" && domain === "" && inputs.length === 0;
}

function tensorKind({ dtype, shape }: LazyTensor): string {
  return `${dtype}[${shape.join()}]`;
}

/** The attributes of Constant that hold plain numbers: element type, and length or null for a scalar. */
const PLAIN: Readonly<Record<string, (attribute: { value: { length: number } }) => [string, number | null]>> =
  {
    float: () => ["float32", null],
    int: () => ["int64", null],
    string: () => ["string", null],
    floats: ({ value }) => ["float32", value.length],
    ints: ({ value }) => ["int64", value.length],
    strings: ({ value }) => ["string", value.length],
  };

/** Attributes as one text, in any order of theirs. Of tensors type and shape count, of subgraphs the operators. */
export function attributesKey(node: Node): string {
  if (node.attributes.size === 0) return "";
  return [...node.attributes]
    .map(([name, attribute]) => `${name}=${attributeKey(attribute)}`)
    .sort()
    .join("\0");
}

/** Lists up to here are written out; longer ones, such as the nodes of trees, are summed up. */
const LONG = 64;

export function attributeKey(attribute: Attribute): string {
  const { kind, value } = attribute;
  switch (kind) {
    case "float":
    case "int":
    case "reference":
      return `${kind}:${value}`;
    case "string":
      return `s:${textOf(value)}`;
    case "floats":
    case "ints":
      return `${kind}:${value.length <= LONG ? value.join() : `${value.length}#${digest(value)}`}`;
    case "strings":
      return value.length <= LONG
        ? `strings:${value.map(textOf).join("\x01")}`
        : `strings:${value.length}#${digest(value.map(textOf))}`;
    case "tensor":
      return `t:${tensorKind(value)}`;
    case "tensors":
      return `ts:${value.map(tensorKind).join()}`;
    case "graph":
      return `g:${operators([value])}`;
    case "graphs":
      return `gs:${operators(value)}`;
    case "sparse":
      return `sp:${value.values.dtype}[${value.shape.join()}]`;
    case "sparses":
      return `sps:${value.length}`;
    case "type":
    case "types":
      return `${kind}:${JSON.stringify(value)}`;
  }
}

function textOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** FNV-1a over the texts of a long list's elements. */
function digest(values: readonly (number | bigint | string)[]): number {
  let hash = 0x811c9dc5;
  for (const value of values) {
    const text = String(value);
    for (let i = 0; i <= text.length; i++) {
      hash = Math.imul(hash ^ (i < text.length ? text.charCodeAt(i) : 44), 0x01000193);
    }
  }
  return hash >>> 0;
}

function operators(graphs: Extract<Attribute, { kind: "graphs" }>["value"]): string {
  const names: string[] = [];
  for (const graph of graphs)
    for (const each of graphsWithin(graph)) for (const node of each.nodes) names.push(operatorOf(node));
  return names.length <= LONG ? names.join() : `${names.length}#${digest(names)}`;
}
