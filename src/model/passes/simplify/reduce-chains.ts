import { attribute, intOf } from "../../graph/edit.ts";
import type { Node } from "../../graph/graph.ts";
import { FLOAT, WHOLE } from "./elements.ts";
import { reducedAxes } from "./reduces.ts";
import { type Rewrite, type Rule, rulesPass } from "./rewrite.ts";

const REAL: ReadonlySet<string> = new Set(["float32", "float64"]);

/** Of which types a reduction along some axes and then along others is one along all of them. */
const ALIKE: Readonly<Record<string, ReadonlySet<string>>> = {
  // These pick one of the elements.
  ReduceMax: new Set([...FLOAT, ...WHOLE]),
  ReduceMin: new Set([...FLOAT, ...WHOLE]),
  // Whole numbers wrap around in any order; of real ones only the last bits depend on it.
  ReduceSum: new Set([...REAL, ...WHOLE]),
  ReduceProd: WHOLE,
  // Means of whole numbers are cut off each time, and half floats overflow where a part of the sum would not.
  ReduceMean: REAL,
  ReduceL1: REAL,
  ReduceL2: REAL,
  ReduceLogSumExp: REAL,
};

/** From here on the axes are an input. */
const axesAreInputSince = (op: string) => (op === "ReduceSum" ? 13 : 18);

const reduction: Rule = async (node, rewrite) => {
  const before = rewrite.producer(node, 0);
  const [source] = before?.inputs ?? [];
  if (!source || before?.op !== node.op || rewrite.onlyReader(node.inputs[0]) !== node) return;
  const keeps = intOf(node, "keepdims", 1);
  // Where one keeps its axes and the other does not, no single reduction has that shape.
  if (keeps !== intOf(before, "keepdims", 1)) return;
  if (!ALIKE[node.op]?.has(rewrite.dtypeOf(source) ?? "")) return;
  const axes = await joined(rewrite, before, node, keeps !== 0);
  if (!axes) return;
  if (rewrite.opset(node.graph) < axesAreInputSince(node.op)) {
    rewrite.setInput(node, 0, source);
    rewrite.setAttribute(node, "axes", attribute.ints(axes));
  } else {
    rewrite.setInputs(node, [source, rewrite.ints(node.graph, `${node.outputs[0]?.name}_axes`, axes)]);
  }
};

/** The axes of both, as those of what the first one reads; null where they are not known. */
async function joined(rewrite: Rewrite, first: Node, second: Node, keeps: boolean): Promise<number[] | null> {
  const rank = rewrite.shapeOf(first.inputs[0])?.length;
  const a = await reducedAxes(rewrite, first, rank);
  if (!a) return null;
  const b = await reducedAxes(rewrite, second, rank === undefined || keeps ? rank : rank - a.length);
  if (!b) return null;
  const axes = new Set(a);
  const dropped = [...a].sort((x, y) => x - y);
  for (const axis of b) {
    let at = axis;
    // Each axis that is gone before this one moved it to the left.
    if (!keeps) for (const gone of dropped) if (gone <= at) at++;
    axes.add(at);
  }
  return axes.size === 0 ? null : [...axes].sort((x, y) => x - y);
}

export const reduceChains = rulesPass(
  "reduce-chains",
  "No reduction reads another one of the same kind that one along all their axes could be.",
  Object.fromEntries(Object.keys(ALIKE).map((op) => [op, reduction])),
);
