// What onnxsim and onnxslim leave of models, as tests/fixtures/simplify/peers.py counted it.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

export const SIMPLIFY_FIXTURES = join(import.meta.dirname, "../../fixtures/simplify");

export interface Peers {
  readonly model: string;
  /** Nodes of the file; null where the tool fails. */
  readonly nodes: number;
  readonly onnxsim: number | null;
  readonly onnxslim: number | null;
}

const counted: { models: Record<string, Peers> } = JSON.parse(
  readFileSync(join(SIMPLIFY_FIXTURES, "peers.json"), "utf8"),
);

/** By the file's digest. */
export function peersOf(path: string): Peers {
  const digest = createHash("sha256").update(readFileSync(path)).digest("hex");
  const found = counted.models[digest];
  if (!found) throw new Error(`peers.json does not know ${path}: run tests/fixtures/simplify/peers.py`);
  return found;
}

/** The fewest nodes that one of them leaves. */
export function fewest({ nodes, onnxsim, onnxslim }: Peers): number {
  return Math.min(nodes, onnxsim ?? nodes, onnxslim ?? nodes);
}
