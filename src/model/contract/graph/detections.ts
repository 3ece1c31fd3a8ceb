import type { Value } from "../../graph/graph.ts";
import { type Claim, type Draft, say } from "../claims.ts";
import type { BoxFormat, DetectionsOutput, DetectionTensors } from "../vision.ts";

/** Below it, what Hugging Face's pipeline of the same name leaves out too. */
const THRESHOLD = 0.5;

interface Found {
  readonly tensors: DetectionTensors;
  readonly box: BoxFormat;
}

/** Top, left, bottom, right, as parts of the picture: what TensorFlow's detectors give. */
const TENSORFLOW: BoxFormat = { type: "boundaries", order: [1, 0, 3, 2], unit: "ratio" };

/** Output names of detectors that have picked their boxes already, by what each holds. */
const NAMES: readonly { readonly tensors: Required<DetectionTensors>; readonly reason: string }[] = [
  {
    tensors: {
      boxes: "TFLite_Detection_PostProcess",
      classes: "TFLite_Detection_PostProcess:1",
      scores: "TFLite_Detection_PostProcess:2",
      count: "TFLite_Detection_PostProcess:3",
    },
    reason: "its outputs are those of TFLite_Detection_PostProcess",
  },
  {
    tensors: {
      boxes: "detection_boxes",
      classes: "detection_classes",
      scores: "detection_scores",
      count: "num_detections",
    },
    reason: "its outputs are named as those of TensorFlow's object detection API",
  },
];

/** Boxes, classes, scores and their number among the outputs; the names of the tensors that are taken. */
export function addDetections(draft: Draft, results: readonly Value[]): ReadonlySet<string> {
  const names = new Set(results.map(({ name }) => name));
  const found = draft.claims.get("detections") ?? findByName(names);
  if (!found) return new Set();
  const tensors = found.value.tensors;
  const taken = new Set(Object.values(tensors) as string[]);
  if ([...taken].some((tensor) => !names.has(tensor))) return new Set();
  const field = "outputs.boxes";
  const output: DetectionsOutput = {
    kind: "detections",
    tensors: { ...tensors },
    box: structuredClone(found.value.box),
    activation: "none",
    labels: null,
    threshold: THRESHOLD,
  };
  draft.contract.outputs.boxes = output;
  say(draft, field, found);
  const reason = "boxes that are picked already have their final scores";
  say(draft, `${field}.activation`, { source: "graph", confidence: "high", reason });
  addFromClasses(draft, field, output);
  return taken;
}

/**
 * How many boxes there are, for each output that has four numbers or more for each of many: an output with one number for each of
 * as many has their scores, and none of classes. What the boxes are relative to, no graph shows: a person says it in model.yaml.
 */
export function boxCounts(results: readonly Value[]): ReadonlySet<unknown> {
  const counts = new Set<unknown>();
  for (const value of results) {
    const [, count, numbers] = shapeOf(value);
    if (typeof count === "number" && typeof numbers === "number" && numbers >= 4) counts.add(count);
  }
  return counts;
}

/** Whether an output has as many scores as there are boxes. */
export function areOfBoxes(value: Value, counts: ReadonlySet<unknown>): boolean {
  return counts.has(shapeOf(value)[1]);
}

function shapeOf({ type }: Value): readonly unknown[] {
  return type?.kind === "tensor" ? (type.shape ?? []) : [];
}

/** Labels belong to the tensor that names the classes, what is said of scores to that of the scores. */
function addFromClasses({ claims, contract }: Draft, field: string, output: DetectionsOutput): void {
  const draft = { claims, contract };
  const { classes, scores } = output.tensors;
  const labels = (classes === undefined ? null : claims.get(`labels:${classes}`)) ?? claims.get("labels");
  if (labels) {
    output.labels = typeof labels.value === "string" ? labels.value : [...labels.value];
    say(draft, `${field}.labels`, labels);
  }
  const threshold = claims.get(`threshold:${scores}`);
  if (threshold) {
    output.threshold = threshold.value;
    say(draft, `${field}.threshold`, threshold);
  }
  const calibration = claims.get(`calibration:${scores}`);
  if (calibration) {
    output.calibration = calibration.value;
    say(draft, `${field}.calibration`, calibration);
  }
}

function findByName(names: ReadonlySet<string>): Claim<Found> | null {
  const row = NAMES.find(({ tensors }) => Object.values(tensors).every((tensor) => names.has(tensor)));
  if (!row) return null;
  return {
    value: { tensors: row.tensors, box: TENSORFLOW },
    source: "graph",
    confidence: "high",
    reason: `${row.reason}, whose boxes begin with the top`,
  };
}
