import type { Model } from "../../graph/graph.ts";
import type { Claims } from "../claims.ts";

/**
 * The characters of a PP-OCR recogniser, one a line, which the converters of PaddleOCR and RapidOCR write into the metadata
 * key `character`. Class 0 is CTC's blank and stands before them.
 */
export function readPaddle({ metadata }: Model, claims: Claims): void {
  const text = metadata.get("character");
  if (text === undefined) return;
  const characters = text.split(/\r?\n/);
  if (characters.at(-1) === "") characters.pop();
  if (characters.length < 2) return;
  const source = "metadata_props: character";
  const claim = { source, confidence: "declared" as const };
  claims.add("dictionary", {
    ...claim,
    value: characters,
    reason: `it lists ${characters.length} characters`,
  });
  const reason = "recognisers that carry this key are PP-OCR's";
  claims.add("color", { source, confidence: "medium", value: "BGR", reason: `${reason}, trained on BGR` });
}
