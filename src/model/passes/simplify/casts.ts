import type { DType } from "../../tensor/dtype.ts";
import { castTarget } from "./no-ops.ts";
import { type Rule, rulesPass } from "./rewrite.ts";

/** Which types hold every value of another one, exactly. */
const HELD_BY: Readonly<Partial<Record<DType, readonly DType[]>>> = {
  bool: ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"],
  int8: ["int16", "int32", "int64"],
  uint8: ["int16", "uint16", "int32", "uint32", "int64", "uint64"],
  int16: ["int32", "int64"],
  uint16: ["int32", "uint32", "int64", "uint64"],
  int32: ["int64"],
  uint32: ["int64", "uint64"],
  float16: ["float32", "float64"],
  bfloat16: ["float32", "float64"],
  float32: ["float64"],
};

const WHOLE_OR_BOOL = /^(bool|u?int\d+)$/;

/**
 * A cast of a cast is one where the type between holds every value exactly. What is out of the last type's range is the
 * runtime's to decide, and it may decide otherwise from another type: only targets that such values cannot meet are taken.
 */
const cast: Rule = (node, rewrite) => {
  const before = rewrite.producer(node, 0);
  if (before?.op !== "Cast" || node.attributes.has("saturate") || before.attributes.has("saturate")) return;
  const [source] = before.inputs;
  const from = rewrite.dtypeOf(source);
  const between = castTarget(before);
  const to = castTarget(node);
  if (!source || !from || !between || !to) return;
  if (from !== between && !HELD_BY[from]?.includes(between)) return;
  if (from === to) rewrite.bypass(node, source);
  else if (
    WHOLE_OR_BOOL.test(from) ? to !== "string" && !to.startsWith("float8") : HELD_BY[from]?.includes(to)
  )
    rewrite.setInput(node, 0, source);
};

export const casts = rulesPass("casts", "No Cast reads a Cast that loses nothing.", { Cast: cast });
