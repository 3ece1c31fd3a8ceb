import type { Value } from "../../../graph/graph.ts";
import type { Claims } from "../../claims.ts";
import type { Calibration } from "../../contract.ts";
import type { BoxFormat } from "../../vision.ts";
import type { AssociatedFile, Content, TensorMetadata } from "./schema.ts";

const claimed = { source: "TFLite Metadata", confidence: "declared" as const };

interface Named {
  readonly tensor: TensorMetadata;
  readonly value: Value;
}

/** What is said of the outputs: labels, calibration, thresholds; boxes and what belongs to them; masks. */
export function claimOutputs(claims: Claims, outputs: readonly Named[]): void {
  for (const { tensor, value } of outputs) {
    claimLabels(claims, value.name, tensor);
    claimScores(claims, value.name, tensor);
    const rank = value.type?.kind === "tensor" ? (value.type.shape?.length ?? 0) : 0;
    if (tensor.content?.kind === "image" && rank >= 3) {
      const reason = "it says that this output is a picture";
      claims.add(`mask:${value.name}`, { ...claimed, value: true, reason });
    }
  }
  claimDetections(claims, outputs);
}

/** Where several lists differ in their language, the first that names none is taken, else the first. */
function fileOf(files: readonly AssociatedFile[], ...types: AssociatedFile["type"][]): AssociatedFile | null {
  const fit = files.filter(({ type, name }) => types.includes(type) && name !== "");
  return fit.find(({ locale }) => locale === "") ?? fit[0] ?? null;
}

function claimLabels(claims: Claims, tensor: string, { files }: TensorMetadata): void {
  const file = fileOf(files, "axis-labels", "value-labels");
  if (!file) return;
  const reason = `it names ${file.name} for this output`;
  claims.add(`labels:${tensor}`, { ...claimed, value: file.name, reason });
}

const TRANSFORMATIONS: readonly Calibration["transformation"][] = ["identity", "log", "inverse-logistic"];

function claimScores(claims: Claims, tensor: string, { files, units }: TensorMetadata): void {
  for (const unit of units) {
    if (unit.kind === "score-threshold" && Number.isFinite(unit.threshold)) {
      const reason = `it recommends ${Number(unit.threshold.toPrecision(4))}`;
      claims.add(`threshold:${tensor}`, { ...claimed, value: unit.threshold, reason });
    }
    const file = fileOf(files, "axis-score-calibration");
    const transformation =
      unit.kind === "score-calibration" ? TRANSFORMATIONS[unit.transformation] : undefined;
    if (unit.kind !== "score-calibration" || !file || transformation === undefined) continue;
    claims.add(`calibration:${tensor}`, {
      ...claimed,
      value: { transformation, default: unit.default, parameters: file.name },
      reason: `it names ${file.name} for these scores`,
    });
  }
}

/** Places of boxes, classes, scores and count where nothing else tells them apart (Task Library, ObjectDetector). */
const DEFAULT_ORDER = ["boxes", "classes", "scores", "count"] as const;

/** Four outputs of which one holds boxes: the others are told by their names, or else by their places. */
function claimDetections(claims: Claims, outputs: readonly Named[]): void {
  const boxes = outputs.findIndex(({ tensor }) => tensor.content?.kind === "boxes");
  if (boxes < 0 || outputs.length !== 4) return;
  const content = outputs[boxes]?.tensor.content as Extract<Content, { kind: "boxes" }>;
  const box = boxFormat(content);
  if (!box) return;
  const find = (pattern: RegExp) =>
    outputs.findIndex(({ tensor }, i) => i !== boxes && pattern.test(tensor.name));
  const byName = {
    boxes,
    classes: find(/^(class|categor)/i),
    scores: find(/^score/i),
    count: find(/number|count/i),
  };
  const isNamed = new Set(Object.values(byName)).size === 4 && !Object.values(byName).includes(-1);
  const role = (name: (typeof DEFAULT_ORDER)[number]) =>
    outputs[isNamed ? byName[name] : DEFAULT_ORDER.indexOf(name)]?.value.name ?? "";
  claims.add("detections", {
    ...claimed,
    value: {
      tensors: {
        boxes: role("boxes"),
        classes: role("classes"),
        scores: role("scores"),
        count: role("count"),
      },
      box,
    },
    reason: "it says which output holds boxes, and in which order their numbers stand",
  });
}

function boxFormat({ index, type, unit }: Extract<Content, { kind: "boxes" }>): BoxFormat | null {
  const order = index.length === 0 ? [0, 1, 2, 3] : [...index];
  const isOrder = order.length === 4 && [0, 1, 2, 3].every((each) => order.includes(each));
  return isOrder && type !== null ? { type, order, unit } : null;
}
