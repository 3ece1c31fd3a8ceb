import type { Claims } from "../../claims.ts";
import type { Tokenizer } from "../../contract.ts";
import type { ProcessUnit, TensorMetadata } from "./schema.ts";

const claimed = { source: "TFLite Metadata", confidence: "declared" as const };

/** The names that the Task Library knows what a BERT model takes by. */
const TOKENS: ReadonlyMap<string, "ids" | "mask" | "types"> = new Map([
  ["ids", "ids"],
  ["mask", "mask"],
  ["segment_ids", "types"],
]);

/** What is said of one input: that it is a picture, a sound or text, and how it is made. */
export function claimInput(
  claims: Claims,
  tensor: string,
  { name, content, units }: TensorMetadata,
  graphUnits: readonly ProcessUnit[],
): void {
  const say = `kind:${tensor}` as const;
  if (content?.kind === "image") {
    claims.add(say, { ...claimed, value: "image", reason: "it says that this input is a picture" });
    const { color, size } = content;
    if (color !== null) claims.add("color", { ...claimed, value: color, reason: `it says ${color}` });
    if (size?.every((side) => side > 0))
      claims.add("imageSize", { ...claimed, value: size, reason: `it says ${size.join("×")}` });
    const reason = "TensorFlow's Task Library, which reads this metadata, stretches pictures";
    claims.add("resize", { ...claimed, confidence: "medium", value: "stretch", reason });
    const sampling = "TensorFlow's Task Library looks at the four nearest pixels";
    claims.add("antialias", { ...claimed, confidence: "medium", value: false, reason: sampling });
    claimNormalize(claims, units);
  } else if (content?.kind === "audio") {
    const { sampleRate, channels } = content;
    if (channels > 1) return;
    claims.add(say, { ...claimed, value: "audio", reason: "it says that this input is sound" });
    if (sampleRate > 0)
      claims.add("sampleRate", { ...claimed, value: sampleRate, reason: `it says ${sampleRate} Hz` });
  }
  for (const unit of [...units, ...graphUnits]) claimTokenizer(claims, tensor, unit);
  const role = TOKENS.get(name);
  const isTokenized = graphUnits.some(({ kind }) => kind === "bert" || kind === "sentencepiece");
  if (role !== undefined && isTokenized)
    claims.add(`tokens:${tensor}`, { ...claimed, value: role, reason: `it calls this input ${name}` });
}

/** `(pixel - mean) / std` of the pixels 0 to 255. */
function claimNormalize(claims: Claims, units: readonly ProcessUnit[]): void {
  const unit = units.find((each) => each.kind === "normalization");
  if (unit?.kind !== "normalization") return;
  const { mean, std } = unit;
  const isUsable =
    mean.length > 0 &&
    std.length > 0 &&
    [...mean, ...std].every(Number.isFinite) &&
    std.every((each) => each !== 0);
  if (!isUsable) return;
  claims.add("normalize", {
    ...claimed,
    value: { scale: 1, mean: [...mean], std: [...std] },
    reason: "it gives mean and deviation",
  });
}

function claimTokenizer(claims: Claims, tensor: string, unit: ProcessUnit): void {
  if (unit.kind === "sentencepiece") {
    const reason = "it names a SentencePiece tokenizer";
    claims.add(`kind:${tensor}`, { ...claimed, value: "text", reason });
  }
  if (unit.kind !== "bert" && unit.kind !== "regex") return;
  const vocabulary = unit.vocabulary[0]?.name ?? "";
  if (vocabulary === "") return;
  const value: Tokenizer =
    unit.kind === "bert"
      ? { kind: "wordpiece", vocabulary, lowercase: true }
      : { kind: "regex", delimiter: unit.delimiter, vocabulary, lowercase: false };
  const reason = `it names ${unit.kind === "bert" ? "BERT's tokenizer" : "a tokenizer by a pattern"} with ${vocabulary}`;
  claims.add("tokenizer", { ...claimed, value, reason });
  claims.add(`kind:${tensor}`, { ...claimed, value: "text", reason });
}
