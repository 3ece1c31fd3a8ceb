import { isModelyardError } from "../../../../base/errors/index.ts";
import type { Model } from "../../graph.ts";
import { type Contradiction, inferTypes } from "../../infer/index.ts";
import { nameText, operatorText } from "../../label.ts";
import { placesOf } from "../places.ts";
import type { Found, Rule } from "../rule.ts";

/**
 * Types and shapes that follow from the inputs, held to what is declared. The runtime goes by what it works out itself, and
 * says so on stderr.
 */
export const types: Rule = {
  id: "types",
  severity: "warning",
  title: "Types and shapes that do not go together",
  remedy: "Mend what the node reads; where only the declaration is wrong, leave it out.",
  async model({ model, scopes, signal }, found) {
    const contradictions = await contradictionsOf(model, found, signal);
    const places = placesOf(contradictions.flatMap(({ node }) => node ?? []));
    for (const { node, value, problem } of contradictions) {
      const scope = scopes.get(node?.graph ?? value?.graph ?? model.graph);
      const who = value ? `The value ${nameText(value.name)}` : node ? operatorText(node) : "The model";
      found(`${who}: ${problem}.`, {
        value: value?.name,
        ...(scope ? { scope } : {}),
        ...(node ? { node, index: places.get(node) ?? 0 } : {}),
      });
    }
  },
};

/** Small constants are read to work out shapes, and may be cut off or missing. */
async function contradictionsOf(
  model: Model,
  found: Found,
  signal: AbortSignal | undefined,
): Promise<readonly Contradiction[]> {
  try {
    return (await inferTypes(model, signal ? { signal } : {})).contradictions;
  } catch (error) {
    if (!isModelyardError(error)) throw error;
    found(
      `Types were not worked out: ${error.message}`,
      error.hint === undefined ? {} : { remedy: error.hint },
    );
    return [];
  }
}
