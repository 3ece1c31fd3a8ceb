import type { PlainError } from "../../../base/errors/index.ts";
import type { RuntimeOptions } from "../worker/messages.ts";
import type { Measured } from "./artefact.ts";

/** What the process that compiles is sent. */
export interface CompileOrder {
  readonly path: string;
  /** Empty, on the disk of the folder that the files will go to. */
  readonly folder: string;
  /** File name of the graph in it. */
  readonly graph: string;
  /** File name of what lies beside it. */
  readonly weights: string;
  /** Ways to write it, the best first; the next is tried where the runtime cannot load what it wrote. */
  readonly optimizing: readonly RuntimeOptions[];
  /** How the result is loaded. */
  readonly loading: RuntimeOptions;
  /** File name and options of a copy in the runtime's own format; null: none is wanted. */
  readonly ort: { readonly name: string; readonly optimizing: RuntimeOptions } | null;
}

export type Compiled = { readonly measured: Measured } | { readonly error: PlainError };
