import type { ValueType } from "../../../graph/graph.ts";
import { dtypeOf } from "../schema/types.ts";
import type { TfliteTensor } from "./model.ts";

/** The type that a tensor declares; null for resources and variants. */
export function typeOf({ type, dims }: TfliteTensor): ValueType | null {
  const dtype = dtypeOf(type);
  return dtype && { kind: "tensor", dtype, shape: dims };
}
