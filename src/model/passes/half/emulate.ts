import { attribute } from "../../graph/edit.ts";
import type { Model, Value } from "../../graph/graph.ts";
import { graphsWithin } from "../../graph/walk.ts";
import { DTYPES } from "../../tensor/index.ts";
import type { Pass, PassContext } from "../pass.ts";
import { Rewrite } from "../simplify/rewrite.ts";
import { workOutTypes } from "../types.ts";
import { surveyConstants } from "./constants.ts";
import { isGenerator, isMover, type KeepNode, type Plan, planOf } from "./plan.ts";
import { halfTensor } from "./tensor.ts";

/**
 * Nodes that would be computed in float16, each by the name of its first output, in the order of the graph; without those that only
 * move what others computed.
 */
export async function halfUnits(model: Model, context: PassContext): Promise<string[]> {
  const { plan } = await plannedFor(model, context, () => false);
  return [...plan.half.keys()]
    .filter((node) => !isGenerator(node) && (!isMover(node) || node.inputs.some((each) => each?.constant)))
    .map(({ outputs }) => outputs[0]?.name ?? "");
}

/**
 * What `halfPrecision` would compute, computed in float32 by a runtime that has no kernels for float16 and would leave the
 * rounding out: every value that is to be float16 is rounded to it and back, and infinite where it does not fit.
 */
export function emulateHalf(keep: KeepNode): Pass {
  return {
    name: "emulate-half",
    promises: "What can be is rounded to float16, and computed in float32.",
    async run(model, context) {
      const { plan, rewrite } = await plannedFor(model, context, keep);
      const rounded = new Map<Value, Value>();
      for (const [node, { inputs }] of plan.half) {
        for (const index of inputs) {
          const value = node.inputs[index];
          if (!value || plan.values.has(value)) continue;
          const known = rounded.get(value) ?? roundedOf(value, rewrite);
          if (!known) continue;
          rounded.set(value, known);
          rewrite.setInput(node, index, known);
        }
      }
      for (const value of plan.values) {
        if (!value.producer) continue;
        const uses = [...value.uses];
        const copy = roundedOf(value, rewrite);
        if (copy) for (const { node, index } of uses) rewrite.setInput(node, index, copy);
      }
      rewrite.commit();
      return { model, modified: rewrite.modified };
    },
  };
}

async function plannedFor(
  model: Model,
  context: PassContext,
  keep: KeepNode,
): Promise<{ plan: Plan; rewrite: Rewrite }> {
  const types = await (context.types?.(model) ?? workOutTypes(model));
  const rewrite = new Rewrite(model, types, context);
  const graphs = new Set(graphsWithin(model.graph));
  const plan = planOf(model, rewrite, graphs, await surveyConstants(rewrite, graphs), keep);
  return { plan, rewrite };
}

/** A value as float16 has it, in float32; null where nothing stands in its graph to be put beside. */
function roundedOf(value: Value, rewrite: Rewrite): Value | null {
  const { graph, name, producer } = value;
  const shape = rewrite.shapeOf(value);
  const isConstant = rewrite.isConstant(value);
  const half = isConstant
    ? rewrite.constant(graph, `${name}_half`, halfTensor(value.constant))
    : rewrite.value(graph, `${name}_half`, "float16", shape);
  const full = rewrite.value(graph, `${name}_full`, "float32", shape);
  const cast = (from: Value, to: Value, dtype: "float16" | "float32") => ({
    op: "Cast",
    name: rewrite.nodeName(`${to.name}_cast`),
    inputs: [from],
    outputs: [to],
    attributes: { to: attribute.int(DTYPES[dtype].onnx) },
  });
  const specs = [...(isConstant ? [] : [cast(value, half, "float16")]), cast(half, full, "float32")];
  const [first] = graph.nodes;
  if (!first) return null;
  for (const spec of specs) {
    if (producer?.graph === graph) rewrite.insertAfter(producer, spec);
    else rewrite.insertBefore(first, spec);
  }
  return full;
}
