import { checkModel } from "../../model/graph/check/index.ts";
import type { Model } from "../../model/graph/graph.ts";

/**
 * What a person should know before relying on a model that passes changed: where it is not valid, they left alone what they could not
 * understand, and the result is no better. One sentence or none.
 */
export async function soundnessNotes(model: Model, signal: AbortSignal | undefined): Promise<string[]> {
  const errors = (await checkModel(model, signal)).filter(({ severity }) => severity === "error");
  const [first] = errors;
  if (!first) return [];
  const place = [
    ...(first.node ? [`node ${first.node.index}`] : []),
    ...(first.graph === "" ? [] : [`in ${first.graph}`]),
  ].join(", ");
  const more = errors.length > 1 ? `, the first of ${errors.length} errors` : "";
  return [
    `the original is not valid, so that nothing vouches for the result${more}: ${place === "" ? "" : `${place}: `}${first.message} inspect --check says what to do.`,
  ];
}
