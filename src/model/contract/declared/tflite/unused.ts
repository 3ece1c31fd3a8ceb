import type { ModelMetadata } from "./schema.ts";

/** What metadata says that no task makes use of, in words; whoever runs the model has to see to it. */
export function unusedOf({ inputs, outputs, inputUnits, outputUnits, groups }: ModelMetadata): string[] {
  const found: string[] = [];
  const unitsOf = (side: ModelMetadata["inputs"]) => side.flatMap(({ units }) => units);
  if ([...unitsOf(inputs), ...inputUnits].some(({ kind }) => kind === "sentencepiece"))
    found.push("a SentencePiece tokenizer, so the model takes token ids");
  const channels = inputs.find(({ content }) => content?.kind === "audio" && content.channels > 1);
  if (channels) found.push("sound of several channels, so the model takes samples");
  if (unitsOf(inputs).some(({ kind }) => kind.startsWith("score-"))) found.push("scores of inputs");
  if (unitsOf(outputs).some(({ kind }) => kind === "normalization")) found.push("normalisation of outputs");
  const isCalibrated = ({ units, files }: ModelMetadata["outputs"][number]) =>
    !units.some(({ kind }) => kind === "score-calibration") ||
    files.some(({ type }) => type === "axis-score-calibration");
  if (!outputs.every(isCalibrated)) found.push("calibration of scores without its file");
  const languages = outputs.some(
    ({ files }) => files.filter(({ type }) => type === "axis-labels" || type === "value-labels").length > 1,
  );
  if (languages) found.push("labels in further languages");
  if (outputUnits > 0) found.push("steps behind the outputs");
  // Groups of a detector say again that its boxes, classes and scores belong together.
  if (groups > 0 && !outputs.some(({ content }) => content?.kind === "boxes"))
    found.push("groups of tensors");
  return found;
}
