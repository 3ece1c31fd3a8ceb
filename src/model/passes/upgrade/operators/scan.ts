import { removeAttribute, setAttribute } from "../../../graph/attributes.ts";
import { addValue, attribute } from "../../../graph/edit.ts";
import type { Graph, Node, Value } from "../../../graph/graph.ts";
import type { Adapter } from "../adapter.ts";
import { read, readInt } from "../attributes.ts";
import type { Step } from "../step.ts";

/**
 * Opset 8 ran over a batch along dimension 0 and over the sequence along dimension 1, every item of the batch on its own.
 * Since 9 there is no batch: one Scan goes over the batch, and its body holds one that goes over the sequence.
 */
export const scan: Adapter = {
  op: "Scan",
  since: 9,
  adapt(node, step) {
    if (node.inputs[0]) return step.refuse("its sequences have lengths of their own (sequence_lens)");
    const scanned =
      readInt(node, "num_scan_inputs", step) ?? step.refuse("it has no attribute num_scan_inputs");
    const body = read(node, "body", "graph", step) ?? step.refuse("it has no attribute body");
    const directions = read(node, "directions", "ints", step);
    const operands = node.inputs.slice(1).map((_, i) => step.input(node, i + 1));
    if (operands.length !== body.inputs.length) return step.refuse("its body takes another number of inputs");
    const outer = bodyOverBatch(node, body, step);
    const inner: Node = {
      domain: "",
      op: "Scan",
      overload: "",
      name: node.name,
      inputs: [],
      outputs: [],
      attributes: new Map([
        ["body", attribute.graph(body)],
        ["num_scan_inputs", attribute.int(scanned)],
      ]),
      graph: outer,
    };
    if (directions) setAttribute(inner, "scan_input_directions", { kind: "ints", value: directions });
    inner.inputs = [...outer.inputs];
    outer.inputs.forEach((value, index) => {
      value.uses.push({ node: inner, index });
    });
    inner.outputs = [...outer.outputs];
    for (const value of outer.outputs) value.producer = inner;
    outer.nodes.push(inner);
    removeAttribute(node, "directions");
    setAttribute(node, "body", attribute.graph(outer));
    setAttribute(node, "num_scan_inputs", attribute.int(operands.length));
    step.setInputs(node, operands);
  },
};

/** A graph with an input for every operand and an output for every result, which stand for one item of the batch. */
function bodyOverBatch(node: Node, body: Graph, step: Step): Graph {
  const outer: Graph = {
    name: `${body.name}_batch`,
    inputs: [],
    outputs: [],
    nodes: [],
    values: new Map(),
    parent: node.graph,
  };
  const declare = (value: Value, role: string, type: Value["type"]) =>
    addValue(outer, step.fresh(node, `${value.name}_${role}`), type);
  const untyped = (value: Value): Value["type"] =>
    value.type?.kind === "tensor" ? { kind: "tensor", dtype: value.type.dtype, shape: null } : null;
  outer.inputs = body.inputs.map((value) => declare(value, "item", untyped(value)));
  outer.outputs = body.outputs.map((value) => declare(value, "items", untyped(value)));
  body.parent = outer;
  return outer;
}
