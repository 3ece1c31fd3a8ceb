import type { Model } from "../../graph/graph.ts";
import type { Claims } from "../claims.ts";

const KINDS: Readonly<Record<string, "image" | "audio" | "text">> = {
  IMAGE: "image",
  AUDIO: "audio",
  TEXT: "text",
};

/** The denotations of ONNX types (onnx/docs/TypeDenotation.md): IMAGE, AUDIO, TEXT. */
export function readDenotations({ graph }: Model, claims: Claims): void {
  for (const { name, type } of graph.inputs) {
    const denotation = type?.kind === "tensor" ? type.denotation : undefined;
    const kind = KINDS[denotation ?? ""];
    if (!kind) continue;
    const reason = `its type is denoted as ${denotation}`;
    claims.add(`kind:${name}`, { value: kind, source: "denotation", confidence: "declared", reason });
  }
}
