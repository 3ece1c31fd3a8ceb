import type { Context } from "./context.ts";

/** Something that can be added to a graph. */
export interface Maker {
  /** The first opset that has it. @default 7 */
  readonly since?: number;
  /** How often it is tried. @default 1 */
  readonly weight?: number;
  /** Adds nodes, or gives something falsy where nothing in the graph fits. */
  make(c: Context): unknown;
}
