import { nameText, operatorText } from "../../label.ts";
import { placesOf } from "../places.ts";
import type { Rule } from "../rule.ts";

/**
 * Types and shapes that follow from the inputs, held to what is declared. Of shapes the runtime goes by what it works out
 * itself, and says so on stderr; a model in which a value is declared to be of another type it refuses.
 */
export const types: Rule = {
  id: "types",
  severity: "warning",
  title: "Types and shapes that do not go together",
  remedy: "Mend what the node reads; where only the declaration is wrong, leave it out.",
  model({ model, scopes, types: known, typesError }, found) {
    if (typesError)
      found(
        `Types were not worked out: ${typesError.message}`,
        typesError.hint ? { remedy: typesError.hint } : {},
      );
    const contradictions = known?.contradictions ?? [];
    const places = placesOf(contradictions.flatMap(({ node }) => node ?? []));
    for (const { node, value, problem, about, remedy, isType } of contradictions) {
      const scope = scopes.get(node?.graph ?? value?.graph ?? model.graph);
      const who = value ? `The value ${nameText(value.name)}` : node ? operatorText(node) : "The model";
      found(`${who}: ${problem}.`, {
        value: (value ?? about)?.name,
        ...(remedy === undefined ? {} : { remedy }),
        ...(isType ? { severity: "error" } : {}),
        ...(scope ? { scope } : {}),
        ...(node ? { node, index: places.get(node) ?? 0 } : {}),
      });
    }
  },
};
