import { attribute, intOf, isOutput } from "../../graph/edit.ts";
import type { Graph, Value } from "../../graph/graph.ts";
import { DTYPES, elementCount } from "../../tensor/index.ts";
import type { LazyTensor } from "../../tensor/tensor.ts";
import type { Pass } from "../pass.ts";
import { graphPass, type Rewrite } from "../simplify/rewrite.ts";
import { floatRuns } from "./floats.ts";

const CHUNK = 960 * 1024;

/** Weights that are held in float16 and computed with in float32 stand behind a Cast, where no quantiser looks for them. */
export interface Halves {
  /** Makes them constants of float32, which are worked out when they are read. */
  readonly widen: Pass;
  /** Makes those that are left float16 behind a Cast again, so that none takes more room than it did. */
  readonly narrow: Pass;
  /** Whether a weight was held so, by its name. */
  was(name: string): boolean;
}

/** A pair of passes for one model, to be run before and after others that look for weights. */
export function halves(): Halves {
  const originals = new Map<LazyTensor, LazyTensor>();
  const names = new Set<string>();
  const widen = graphPass("widen-halves", "", (graph, rewrite) => {
    if (!isInMain(graph, rewrite)) return;
    for (const node of graph.nodes) {
      const [[half], [whole]] = [node.inputs, node.outputs];
      const isCast = node.domain === "" && node.op === "Cast" && intOf(node, "to", 0) === DTYPES.float32.onnx;
      if (!isCast || !whole || isOutput(whole)) continue;
      if (!rewrite.isConstant(half) || half.constant.dtype !== "float16" || isOutput(half)) continue;
      const content = widened(half.constant);
      originals.set(content, half.constant);
      names.add(whole.name);
      whole.producer = null;
      whole.constant = content;
      rewrite.remove(node);
      // Nothing else reads it.
      if (half.uses.length === 0) half.graph.values.delete(half.name);
    }
  });
  const narrow = graphPass("narrow-halves", "", (graph, rewrite) => {
    const [first] = graph.nodes;
    if (!first) return;
    for (const value of [...graph.values.values()]) {
      const original = value.constant && originals.get(value.constant);
      if (!original || value.uses.length === 0) continue;
      value.constant = null;
      put(rewrite, graph, value, original);
    }
  });
  return { widen, narrow, was: (name) => names.has(name) };
}

function put(rewrite: Rewrite, graph: Graph, value: Value, original: LazyTensor): void {
  const [first] = graph.nodes;
  if (!first) return;
  rewrite.insertBefore(first, {
    op: "Cast",
    name: rewrite.nodeName(`${value.name}/Cast`),
    inputs: [rewrite.constant(graph, `${value.name}_half`, original)],
    outputs: [value],
    attributes: { to: attribute.int(DTYPES.float32.onnx) },
  });
}

function isInMain(graph: Graph, { model }: Rewrite): boolean {
  let outer = graph;
  while (outer.parent) outer = outer.parent;
  return outer === model.graph;
}

/** Numbers of 16 bits as those of 32 that they are. */
function widened(content: LazyTensor): LazyTensor {
  const { shape, name } = content;
  const count = elementCount(shape, name);
  return {
    name: "",
    dtype: "float32",
    shape,
    byteLength: 4 * count,
    origin: { derived: `${name} in 32 bits` },
    async *stream(chunk = CHUNK, signal) {
      for await (const run of floatRuns(content, 1, signal)) {
        // A run is good until the next one is asked for.
        const bytes = new Uint8Array(run.slice().buffer);
        for (let at = 0; at < bytes.byteLength; at += chunk) yield bytes.subarray(at, at + chunk);
      }
    },
    async read(signal) {
      const data = new Float32Array(count);
      let at = 0;
      for await (const run of floatRuns(content, 1, signal)) {
        data.set(run, at);
        at += run.length;
      }
      return { dtype: "float32", shape, data };
    },
  };
}
