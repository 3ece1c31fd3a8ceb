import { intOf } from "../../graph/edit.ts";
import type { Node } from "../../graph/graph.ts";

const RANDOM: ReadonlySet<string> = new Set([
  "Bernoulli",
  "Multinomial",
  "RandomNormal",
  "RandomNormalLike",
  "RandomUniform",
  "RandomUniformLike",
  "com.microsoft.BiasDropout",
  "com.microsoft.BitmaskBiasDropout",
  "com.microsoft.BitmaskDropout",
  "com.microsoft.Sampling",
]);

/** Domains whose operators are known to be functions of their inputs, but for those above. */
const KNOWN: ReadonlySet<string> = new Set(["", "ai.onnx.ml", "com.microsoft"]);

/**
 * Whether a node gives the same outputs whenever it is given the same inputs. Of operators that nobody knows, and of
 * functions of the model, it is not certain; nor of those that carry graphs.
 */
export function isDeterministic(node: Node): boolean {
  const { domain, op, attributes } = node;
  if (!KNOWN.has(domain) || RANDOM.has(domain === "" ? op : `${domain}.${op}`)) return false;
  for (const { kind } of attributes.values()) if (kind === "graph" || kind === "graphs") return false;
  if (op === "Dropout") return !node.inputs[2] && intOf(node, "is_test", 1) !== 0;
  if (op === "BatchNormalization") return intOf(node, "training_mode", 0) === 0;
  return true;
}
