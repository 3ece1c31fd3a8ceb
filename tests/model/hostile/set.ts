// Malformed models, one for each way to be wrong. What a file ends in is a coded error of the reader, or findings by name.
import { FILE } from "./set/file.ts";
import { FUNCTIONS } from "./set/functions.ts";
import { GRAPHS } from "./set/graphs.ts";
import { NODES } from "./set/nodes.ts";
import { SIZES } from "./set/sizes.ts";
import { TENSORS } from "./set/tensors.ts";

export interface Hostile {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Files beside it. */
  readonly siblings?: Readonly<Record<string, Uint8Array>>;
  /** The code with which opening it, or reading its weights, fails. */
  readonly code?: string;
  /** Rules of the check that find it; with a code, too, where only the weights fail. */
  readonly finds?: readonly string[];
}

export const HOSTILE: readonly Hostile[] = [...FILE, ...TENSORS, ...GRAPHS, ...NODES, ...FUNCTIONS, ...SIZES];
