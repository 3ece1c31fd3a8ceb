import { removeAttribute } from "../../graph/attributes.ts";
import { intOf, isOutput } from "../../graph/edit.ts";
import type { Node, Value } from "../../graph/graph.ts";
import { numbersOf } from "./elements.ts";
import { type Rewrite, type Rule, rulesPass } from "./rewrite.ts";

/** Nodes that build one sequence, one after the other: more would be walked again for each reader. */
const LONGEST = 1_000;

/** The tensors that a sequence holds, where nodes of the same graph put them there one by one; else null. */
async function itemsOf(rewrite: Rewrite, reader: Node): Promise<Value[] | null> {
  const chain: Node[] = [];
  for (let node: Node | null = reader; node; ) {
    node = rewrite.producer(node, 0);
    if (!node || chain.length === LONGEST) return null;
    chain.push(node);
    if (node.op === "SequenceEmpty" || node.op === "SequenceConstruct") break;
  }
  let items: (Value | null)[] = [];
  for (const node of chain.reverse()) {
    if (node.op === "SequenceConstruct") items = [...node.inputs];
    else if (node.op === "SequenceInsert") {
      const at = await placeOf(rewrite, node, 2, items.length + 1, items.length);
      if (at === null) return null;
      items.splice(at, 0, node.inputs[1] ?? null);
    } else if (node.op === "SequenceErase") {
      const at = await placeOf(rewrite, node, 1, items.length, items.length - 1);
      if (at === null) return null;
      items.splice(at, 1);
    } else if (node.op !== "SequenceEmpty") return null;
  }
  return items.every((item) => item !== null) ? items : null;
}

/** A place in a sequence from 0 on, below `end`; null where it is not known, or is none. */
async function placeOf(
  rewrite: Rewrite,
  node: Node,
  index: number,
  end: number,
  unsaid: number,
): Promise<number | null> {
  const input = node.inputs[index];
  const given = input ? (await numbersOf(rewrite, input))?.[0] : unsaid;
  if (given === undefined) return null;
  // Of an insertion -1 is before the last one, as of a list in Python.
  const at = given < 0 ? given + (node.op === "SequenceInsert" ? end - 1 : end) : given;
  return at >= 0 && at < end ? at : null;
}

const sequenceAt: Rule = async (node, rewrite) => {
  const items = await itemsOf(rewrite, node);
  const at = items && node.inputs[1] ? await placeOf(rewrite, node, 1, items.length, 0) : null;
  if (items && at !== null) rewrite.bypass(node, items[at]);
};

const sequenceLength: Rule = async (node, rewrite) => {
  const items = await itemsOf(rewrite, node);
  if (items) become(rewrite, node, "int64", items.length);
};

/** Whether nothing that is known of parts keeps them from being joined: a wrong model stays wrong where it is. */
function canJoin(rewrite: Rewrite, items: readonly Value[], axis: number): boolean {
  const shapes = items.map((item) => rewrite.shapeOf(item)).filter((shape) => shape !== null);
  const [first] = shapes;
  if (!first) return true;
  const at = axis < 0 ? axis + first.length : axis;
  const fits = (shape: typeof first) =>
    shape.every(
      (dim, i) => i === at || typeof dim !== "number" || typeof first[i] !== "number" || dim === first[i],
    );
  return at in first && shapes.every((shape) => shape.length === first.length && fits(shape));
}

/** Parts that are joined along an axis that they have: what Concat does. */
const joined: Rule = async (node, rewrite) => {
  if (node.attributes.get("axis")?.kind !== "int" || intOf(node, "new_axis", 0) !== 0) return;
  const items = await itemsOf(rewrite, node);
  if (!items || items.length === 0 || !canJoin(rewrite, items, intOf(node, "axis", 0))) return;
  rewrite.setInputs(node, items);
  node.op = "Concat";
  removeAttribute(node, "new_axis");
};

/** An optional value that something was put into is there, and is what was put in. */
const element: Rule = (node, rewrite) => {
  const before = rewrite.producer(node, 0);
  if (before?.op === "Optional") rewrite.bypass(node, before.inputs[0]);
};

const hasElement: Rule = (node, rewrite) => {
  const before = rewrite.producer(node, 0);
  if (before?.op === "Optional") become(rewrite, node, "bool", before.inputs[0] ? 1 : 0);
};

function become(rewrite: Rewrite, node: Node, dtype: "bool" | "int64", number: number): void {
  const [output] = node.outputs;
  // An output of the graph is computed by a node.
  if (!output || isOutput(output) || output.uses.length === 0) return;
  rewrite.bypass(node, rewrite.scalar(node.graph, output.name, dtype, number));
}

export const containers = rulesPass(
  "containers",
  "Nothing is taken out of a sequence or an optional value that was only just put in.",
  {
    ConcatFromSequence: joined,
    OptionalGetElement: element,
    OptionalHasElement: hasElement,
    SequenceAt: sequenceAt,
    SequenceLength: sequenceLength,
  },
);
