import type { Attribute, Model, Node, Value } from "../../../model/graph/graph.ts";
import {
  type Alignment,
  attributeKey,
  attributeText,
  constantKind,
  graphsOf,
  isConstant,
  operatorOf,
  schemaOf,
} from "../../../model/graph/index.ts";
import { type Changed, type DiffNode, Lister, type StructureDiff } from "./report.ts";

/** Nodes that one side has alone, and those of both that are not the same. */
export function structureDiff(a: Model, b: Model, alignment: Alignment): StructureDiff {
  const removed = new Lister<DiffNode>();
  const added = new Lister<DiffNode>();
  const changed = new Lister<{ a: DiffNode; b: DiffNode; changes: Changed[] }>();
  const nodes = { a: 0, b: 0, unchanged: 0 };
  for (const node of nodesOf(a)) {
    nodes.a++;
    const other = alignment.nodes.get(node);
    if (!other) {
      removed.add(() => named(node));
      continue;
    }
    const changes = nodeChanges(a, b, alignment, node, other);
    if (changes.length === 0) nodes.unchanged++;
    else changed.add(() => ({ a: named(node), b: named(other), changes }));
  }
  for (const _ of nodesOf(b)) nodes.b++;
  // Where all have a twin, nothing needs to be looked up.
  if (nodes.b > alignment.nodesBack.size) {
    for (const node of nodesOf(b)) if (!alignment.nodesBack.has(node)) added.add(() => named(node));
  }
  return { nodes, removed: removed.listed, added: added.listed, changed: changed.listed };
}

function* nodesOf(model: Model): Generator<Node> {
  for (const graph of graphsOf(model)) for (const node of graph.nodes) if (!isConstant(node)) yield node;
}

function named(node: Node): DiffNode {
  return { op: operatorOf(node), name: node.name, output: node.outputs.find(Boolean)?.name ?? "" };
}

function nodeChanges(a: Model, b: Model, alignment: Alignment, node: Node, other: Node): Changed[] {
  const changes: Changed[] = [];
  const [op, otherOp] = [operatorOf(node), operatorOf(other)];
  // Of another operator everything is different, and that is all there is to say.
  if (op !== otherOp) return [{ what: "operator", a: op, b: otherOp }];
  for (const name of attributeNames(node, other)) {
    const [one, two] = [attributeOf(a, node, name), attributeOf(b, other, name)];
    if (isSame(one, two)) continue;
    changes.push({ what: name, a: one && attributeText(one), b: two && attributeText(two) });
  }
  addInputChanges(changes, alignment, node, other);
  return changes;
}

/** Of either of two nodes; of most nodes of a large graph there are none. */
function attributeNames({ attributes: a }: Node, { attributes: b }: Node): Iterable<string> {
  return a.size === 0 && b.size === 0 ? [] : new Set([...a.keys(), ...b.keys()]);
}

/** As the node says it, or as its operator's schema does where the node says nothing. */
function attributeOf(model: Model, node: Node, name: string): Attribute | null {
  const own = node.attributes.get(name);
  if (own) return own;
  const schema = schemaOf(node.domain, node.op, model.opsets.get(node.domain) ?? 1);
  return schema?.attributes.get(name)?.default ?? null;
}

/** The nodes of subgraphs are compared by themselves, and the contents of tensors as weights. */
function isSame(a: Attribute | null, b: Attribute | null): boolean {
  if (a === null || b === null) return a === b;
  if (a.kind !== b.kind) return false;
  return a.kind === "graph" || a.kind === "graphs" || attributeKey(a) === attributeKey(b);
}

/** Inputs that come from somewhere else, where nothing that was put in or taken out says why. */
function addInputChanges(changes: Changed[], alignment: Alignment, node: Node, other: Node): void {
  for (let i = 0; i < Math.max(node.inputs.length, other.inputs.length); i++) {
    const [one = null, two = null] = [node.inputs[i], other.inputs[i]];
    if (!one && !two) continue;
    if (one && two && isCounterpart(alignment, one, two)) continue;
    changes.push({ what: `input ${i + 1}`, a: one?.name ?? null, b: two?.name ?? null });
  }
}

function isCounterpart({ values, nodes, nodesBack }: Alignment, a: Value, b: Value): boolean {
  if (values.get(a) === b) return true;
  const [constantA, constantB] = [constantKind(a) !== null, constantKind(b) !== null];
  // A constant that several nodes read may have become several, or the other way round: weights tell.
  if (constantA && constantB) return true;
  const removed = a.producer !== null && !constantA && !nodes.has(a.producer);
  const added = b.producer !== null && !constantB && !nodesBack.has(b.producer);
  return removed || added;
}
