import type { Pass } from "../pass.ts";
import { casts } from "./casts.ts";
import { choices } from "./choices.ts";
import { common } from "./common.ts";
import { concats } from "./concats.ts";
import { containers } from "./containers.ts";
import { deadCode } from "./dead-code.ts";
import { duplicates } from "./duplicates.ts";
import { foldConstants } from "./fold-constants.ts";
import { gemms } from "./gemms.ts";
import { idempotent } from "./idempotent.ts";
import { identities } from "./identities.ts";
import { initializers } from "./initializers.ts";
import { inlineFunctions } from "./inline-functions.ts";
import { known } from "./known.ts";
import { linearArithmetic } from "./linear-arithmetic.ts";
import { linearBatchNorm } from "./linear-batch-norm.ts";
import { linearBefore } from "./linear-before.ts";
import { noOps } from "./no-ops.ts";
import { pads } from "./pads.ts";
import { reduceChains } from "./reduce-chains.ts";
import { reduces } from "./reduces.ts";
import { reshapes } from "./reshapes.ts";
import { slices } from "./slices.ts";
import { targets } from "./targets.ts";
import { transposes } from "./transposes.ts";
import { units } from "./units.ts";
import { unshadow } from "./unshadow.ts";
import { zeroStates } from "./zero-states.ts";

/**
 * What `--simplify` does, in this order, again and again until nothing changes.
 *
 * A pass here keeps every answer of the model: outputs are the same bit for bit, or within rounding where weights are
 * folded, or summed along several axes at once. It keeps the graph's name and its signature (inputs and outputs with their names, order and types). It never
 * changes the type of a value that stays, draws no random number otherwise than the model did, never lets a constant grow
 * beyond what it is computed from, and knows no model by its name.
 */
export const SIMPLIFY: readonly Pass[] = [
  unshadow,
  inlineFunctions,
  initializers,
  identities,
  deadCode,
  known,
  targets,
  foldConstants,
  choices,
  containers,
  noOps,
  units,
  zeroStates,
  idempotent,
  casts,
  transposes,
  reshapes,
  slices,
  concats,
  reduces,
  reduceChains,
  linearBatchNorm,
  linearArithmetic,
  linearBefore,
  gemms,
  pads,
  duplicates,
  common,
  deadCode,
];
