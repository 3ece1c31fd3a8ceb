import type { Model, Node } from "../../graph.ts";
import { type InferredTypes, inferTypes } from "../../infer/index.ts";
import { nameText, operatorText } from "../../label.ts";
import { placesOf } from "../places.ts";
import type { Rule } from "../rule.ts";

/**
 * Types and shapes that follow from the inputs, held to what is declared. Of shapes the runtime goes by what it works out
 * itself, and says so on stderr; a model in which a value is declared to be of another type it refuses, and one in which a node of the
 * main graph cannot be computed: when it loads it, or when it runs it.
 */
export const types: Rule = {
  id: "types",
  severity: "warning",
  title: "Types and shapes that do not go together",
  remedy: "Mend what the node reads; where only the declaration is wrong, leave it out.",
  async model({ model, scopes, types: known, typesError, signal }, found) {
    if (typesError)
      found(
        `Types were not worked out: ${typesError.message}`,
        typesError.hint ? { remedy: typesError.hint } : {},
      );
    const contradictions = known?.contradictions ?? [];
    const refused = await refusedIn(model, contradictions, signal);
    const places = placesOf(contradictions.flatMap(({ node }) => node ?? []));
    for (const { node, value, problem, about, remedy, isType } of contradictions) {
      const scope = scopes.get(node?.graph ?? value?.graph ?? model.graph);
      const who = value ? `The value ${nameText(value.name)}` : node ? operatorText(node) : "The model";
      found(`${who}: ${problem}.`, {
        value: (value ?? about)?.name,
        ...(remedy === undefined ? {} : { remedy }),
        ...(isType || (!value && node && refused.has(node)) ? { severity: "error" } : {}),
        ...(scope ? { scope } : {}),
        ...(node ? { node, index: places.get(node) ?? 0 } : {}),
      });
    }
  },
};

type Contradiction = InferredTypes["contradictions"][number];

/** Whether a node of the main graph is at fault, and not what the file declares of a value. */
function isOfNode({ node, value }: Contradiction, model: Model): boolean {
  return node?.graph === model.graph && value === null;
}

/**
 * Nodes of the main graph that cannot be computed, whatever the file declares of values in between: that may be left over from an
 * export. What stands in branches and bodies may never be run.
 */
async function refusedIn(
  model: Model,
  contradictions: readonly Contradiction[],
  signal: AbortSignal | undefined,
): Promise<ReadonlySet<Node>> {
  if (!contradictions.some((each) => isOfNode(each, model))) return new Set();
  const sure = await inferTypes(model, { declaredShapes: false, ...(signal ? { signal } : {}) });
  return new Set(
    sure.contradictions.flatMap((each) => (each.node && isOfNode(each, model) ? [each.node] : [])),
  );
}
