import { fail } from "../../../base/errors/index.ts";
import type { Model } from "../../graph/graph.ts";
import { irFeatures } from "../../graph/ir-features.ts";
import { NEWEST_IR, RUNTIME_IR } from "../../graph/schema/index.ts";
import type { PassContext } from "../pass.ts";

/**
 * Lowers the IR version to the newest that the runtime reads, where it is a newer one and nothing in the model needs that: exporters
 * write the newest that they know, whatever is in the file. Otherwise it stays, and MODEL_IR_KEPT is noted.
 * @returns whether it was lowered
 */
export function lowerIr(model: Model, note: PassContext["note"]): boolean {
  const { irVersion: version } = model;
  if (version <= RUNTIME_IR) return false;
  const reason = needOf(model);
  if (reason !== null) {
    const { code, message, hint } = fail("MODEL_IR_KEPT", { version, runtime: RUNTIME_IR, reason });
    note(`${message} ${hint} (${code})`);
    return false;
  }
  model.irVersion = RUNTIME_IR;
  note(
    `the file is of IR version ${RUNTIME_IR} in place of ${version}, which ONNX Runtime does not read: nothing in it needs the newer one`,
  );
  return true;
}

/** The IR version as which the runtime reads a model that says a newer one for nothing; null where it is to stay as it is. */
export function readableIr(model: Model): number | null {
  return model.irVersion > RUNTIME_IR && needOf(model) === null ? RUNTIME_IR : null;
}

function needOf(model: Model): string | null {
  if (model.irVersion > NEWEST_IR) return `what came after version ${NEWEST_IR} is not known`;
  const [need] = irFeatures(model, RUNTIME_IR);
  return need ? `it has ${need[0]}, which came with version ${need[1]}` : null;
}
