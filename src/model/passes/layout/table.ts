import { AXES } from "./axes.ts";
import { ELEMENTWISE } from "./elementwise.ts";
import type { PassageRow } from "./passage.ts";

/** Operators of ai.onnx that a transposition passes. */
export const PASSAGES: ReadonlyMap<string, PassageRow> = new Map([...ELEMENTWISE, ...AXES]);
