import { addValue, GraphEdit, isOutput, Names, nodeNames, setInput } from "../graph/edit.ts";
import type { Graph, Model, Node, Value } from "../graph/graph.ts";
import { graphsOf } from "../graph/walk.ts";
import type { Pass } from "./pass.ts";

/** What gives some of the elements of its first input, and which ONNX Runtime draws into a quantised neighbourhood. */
const MOVERS: ReadonlySet<string> = new Set([
  "Transpose",
  "Reshape",
  "Squeeze",
  "Unsqueeze",
  "Slice",
  "MaxPool",
]);

/**
 * Bytes with a sign that were dequantised, and then moved, are moved first. ONNX Runtime 1.30 puts a QuantizeLinear behind what moves
 * dequantised numbers, whose output_dtype stays int8 when it takes uint8 for int8 everywhere, and then refuses the model.
 */
export const movedBytes: Pass = {
  name: "moved-bytes",
  promises: "Bytes with a sign are moved before they are dequantised.",
  keepsTypes: true,
  run(model) {
    const namers = { names: null as Names | null, node: null as ((hint: string) => string) | null };
    let modified = false;
    for (const graph of graphsOf(model)) {
      const edit = new GraphEdit(graph);
      // Those that are put in are looked at too: one mover may follow another.
      const waiting = graph.nodes.filter(isSignedDequantize).reverse();
      for (let node = waiting.pop(); node; node = waiting.pop())
        waiting.push(...moveBefore(node, model, graph, edit, namers));
      modified ||= edit.changed;
      edit.commit();
    }
    return { model, modified };
  },
};

function isSignedDequantize(node: Node): boolean {
  if (node.op !== "DequantizeLinear" || node.domain !== "") return false;
  const [x, scale, zero] = node.inputs;
  const isWhole = scale?.constant?.shape.length === 0;
  return isWhole && x !== null && x?.constant === null && zero?.constant?.dtype === "int8";
}

/** @returns the nodes that dequantise instead */
function moveBefore(
  node: Node,
  model: Model,
  graph: Graph,
  edit: GraphEdit,
  namers: { names: Names | null; node: ((hint: string) => string) | null },
): Node[] {
  const [real] = node.outputs;
  const [stored, ...parameters] = node.inputs;
  if (!real || !stored) return [];
  const made: Node[] = [];
  for (const { node: mover, index } of [...real.uses]) {
    const [moved, ...more] = mover.outputs;
    if (index !== 0 || mover.graph !== graph || mover.domain !== "" || !MOVERS.has(mover.op)) continue;
    // A quantiser behind it makes it one that the runtime leaves as it is.
    if (!moved || more.some((each) => each !== null) || isQuantized(moved)) continue;
    namers.names ??= new Names(model);
    namers.node ??= nodeNames(model);
    const bytes = addValue(graph, namers.names.fresh(`${moved.name}/bytes`));
    if (moved.type?.kind === "tensor") bytes.type = { ...moved.type, dtype: "int8" };
    setInput(mover, 0, stored);
    mover.outputs = [bytes];
    bytes.producer = mover;
    made.push(
      edit.insertAfter(mover, {
        op: node.op,
        name: namers.node(`${mover.name}/DequantizeLinear`),
        inputs: [bytes, ...parameters],
        outputs: [moved],
        attributes: node.attributes,
      }),
    );
  }
  if (made.length > 0 && real.uses.length === 0 && !isOutput(real)) edit.remove(node);
  return made;
}

function isQuantized(value: Value): boolean {
  return (
    !isOutput(value) && value.uses.every(({ node }) => node.op === "QuantizeLinear" && node.domain === "")
  );
}
