import type { Pass } from "../pass.ts";
import { deadCode } from "./dead-code.ts";
import { identities } from "./identities.ts";

/**
 * What `--simplify` does, in this order, again and again until nothing changes.
 *
 * A pass here keeps every answer of the model: outputs are the same bit for bit, or within rounding where weights are
 * folded. It keeps the graph's name and its signature (inputs and outputs with their names, order and types). It never
 * changes the type of a value that stays, draws no random number otherwise than the model did, never lets a constant grow
 * beyond what it is computed from, and knows no model by its name.
 */
export const SIMPLIFY: readonly Pass[] = [deadCode, identities];
