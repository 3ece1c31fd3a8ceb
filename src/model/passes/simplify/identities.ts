import { intOf, isOutput } from "../../graph/edit.ts";
import { type Rule, rulesPass } from "./rewrite.ts";

const bypassFirst: Rule = (node, rewrite) => {
  rewrite.bypass(node, node.inputs[0]);
};

/**
 * Dropout does nothing outside training. Its mask is another matter: where that is read, the node stays. So does one that
 * trains: `training_mode` is a constant from opset 12 on, an attribute before 7 (`is_test`), and cannot be in between.
 */
const dropout: Rule = async (node, rewrite) => {
  const [input, , training] = node.inputs;
  const mask = node.outputs[1];
  const opset = rewrite.opset(node.graph);
  if (mask && (mask.uses.length > 0 || isOutput(mask))) return;
  if (opset < 7 && intOf(node, "is_test", 0) === 0) return;
  if (opset >= 12 && training) {
    const mode = await rewrite.read(training);
    if (mode?.data[0] !== 0) return;
  }
  rewrite.bypass(node, input);
};

/** An Identity stays only between an input or constant and an output of the graph, whose name it gives. */
export const identities = rulesPass("identities", "No node only passes a value on.", {
  Identity: bypassFirst,
  Dropout: dropout,
});
