import type { Node, Value } from "../../graph/graph.ts";
import { type Claim, type Draft, say } from "../claims.ts";
import type { Quantization, ScoresOutput } from "../contract.ts";
import { constantOf, decidingNode, intsOf, numbersOf } from "../trace.ts";

/** More classes than any list of labels that people use. */
const MAX_CLASSES = 1_000_000;

/** Float scores with classes along the last dimension, perhaps with dimensions of one behind: [batch, classes, 1, 1]. */
export function classesOf(value: Value): number | null {
  if (value.type?.kind !== "tensor" || !value.type.shape) return null;
  if (!/^float(16|32|64)$/.test(value.type.dtype) && !quantizerOf(value)) return null;
  const shape = [...value.type.shape];
  while (shape.length > 2 && shape.at(-1) === 1) shape.pop();
  const classes = shape.at(-1);
  if (shape.length > 2 || typeof classes !== "number" || classes < 2 || classes > MAX_CLASSES) return null;
  // One dimension alone holds the classes of one row.
  if (shape.length === 2 && typeof shape[0] === "number" && shape[0] > 1024) return null;
  return classes;
}

/** What moves numbers about and leaves them as they are. */
const MOVES = new Set(["Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose"]);

/** The node that makes whole numbers of real ones at the graph's end. */
function quantizerOf(value: Value): Node | null {
  let at: Value | null | undefined = value;
  for (let steps = 0; at?.producer && steps < 16; steps++) {
    if (at.producer.op === "QuantizeLinear") return at.producer;
    if (!MOVES.has(at.producer.op)) return null;
    at = at.producer.inputs[0];
  }
  return null;
}

/** How the whole numbers of an output become real ones again; null where they are real. */
async function quantizationOf(value: Value): Promise<Quantization | null> {
  const quantizer = quantizerOf(value);
  if (!quantizer) return null;
  const scale = await numbersOf(quantizer.inputs[1]);
  const zeroPoint = quantizer.inputs[2] ? await numbersOf(quantizer.inputs[2]) : [0];
  if (scale?.length !== 1 || zeroPoint?.length !== 1) return null;
  return { scale: scale[0] as number, zeroPoint: zeroPoint[0] as number };
}

/** Whether the graph ends in one vector of length one, as nets for comparing do. */
export function isUnitVector(value: Value): boolean {
  const last = decidingNode(value);
  if (last?.op === "LpNormalization") return true;
  const divisor = last?.op === "Div" ? last.inputs[1] : null;
  for (let node = divisor?.producer, steps = 0; node && steps < 6; steps++) {
    if (node.op === "ReduceL2") return true;
    node = node.inputs[0]?.producer;
  }
  return false;
}

/** Writes scores into the contract: how many, and what the graph has done to them. */
export async function addScores(
  draft: Draft,
  name: string,
  value: Value,
  classes: number,
  kind: string,
): Promise<void> {
  const field = `outputs.${name}`;
  const labels =
    draft.claims.get(`labels:${value.name}`) ?? draft.claims.get("labels") ?? labelsInside(value);
  const output: ScoresOutput = { kind: "scores", tensor: value.name, activation: "softmax", labels: null };
  draft.contract.outputs[name] = output;
  const reason = `it has ${classes} numbers for each ${kind}`;
  say(draft, field, { source: "graph", confidence: labels ? "high" : "medium", reason });
  const activation = draft.claims.get("activation");
  if (activation) {
    output.activation = activation.value;
    say(draft, `${field}.activation`, activation);
  } else {
    const { applied, why, confidence } = activationOf(value);
    output.activation = applied;
    say(draft, `${field}.activation`, { source: "graph", confidence, reason: why });
  }
  const quantization = await quantizationOf(value);
  if (quantization) {
    output.quantization = quantization;
    const reason = "the graph ends in QuantizeLinear";
    say(draft, `${field}.quantization`, { source: "graph", confidence: "high", reason });
  }
  addCalibration(draft, field, output);
  const fits = labels && (typeof labels.value === "string" || labels.value.length === classes);
  if (labels && fits) {
    output.labels = typeof labels.value === "string" ? labels.value : [...labels.value];
    say(draft, `${field}.labels`, labels);
  } else if (labels) {
    const why = `${labels.source} names ${labels.value.length} labels, which do not fit ${classes} scores`;
    say(draft, `${field}.labels`, { source: labels.source, confidence: "low", reason: why });
  }
}

function addCalibration({ claims, contract }: Draft, field: string, output: ScoresOutput): void {
  const calibration = claims.get(`calibration:${output.tensor}`);
  if (calibration) {
    output.calibration = calibration.value;
    say({ claims, contract }, `${field}.calibration`, calibration);
  }
  const threshold = claims.get(`threshold:${output.tensor}`);
  if (threshold) {
    output.threshold = threshold.value;
    say({ claims, contract }, `${field}.threshold`, threshold);
  }
}

/** The names of classes that ONNX-ML's classifiers carry (onnx/docs/Operators-ml.md). */
function labelsInside(value: Value): Claim<readonly string[]> | null {
  const last = decidingNode(value);
  if (!last || !/Classifier$/.test(last.op)) return null;
  const strings = last.attributes.get("classlabels_strings") ?? last.attributes.get("classlabels");
  const numbers = last.attributes.get("classlabels_int64s") ?? last.attributes.get("classlabels_ints");
  const names =
    strings?.kind === "strings" && strings.value.length > 0
      ? strings.value.map((bytes) => new TextDecoder().decode(bytes))
      : numbers?.kind === "ints"
        ? Array.from(numbers.value, String)
        : [];
  // The index alone is no name.
  if (names.length === 0 || names.every((name, i) => name === String(i))) return null;
  const reason = `${last.op} names ${names.length} classes`;
  return { value: names, source: "graph", confidence: "declared", reason };
}

interface Activation {
  readonly applied: "softmax" | "sigmoid" | "none";
  readonly confidence: "high" | "medium" | "low";
  readonly why: string;
}

/** What the graph has not yet applied. */
export function activationOf(value: Value): Activation {
  const last = decidingNode(value);
  if (!last) return { applied: "softmax", confidence: "low", why: "nothing shows how the scores are made" };
  if (last.op === "Softmax") {
    return {
      applied: "none",
      confidence: "high",
      why: "the graph ends in Softmax: the scores are probabilities",
    };
  }
  if (last.op === "Sigmoid") {
    return {
      applied: "none",
      confidence: "high",
      why: "the graph ends in Sigmoid: each score is a probability of its own",
    };
  }
  if (last.op === "LogSoftmax") {
    return {
      applied: "softmax",
      confidence: "high",
      why: "the graph ends in LogSoftmax, which softmax undoes",
    };
  }
  if (/Classifier$/.test(last.op)) {
    const post = last.attributes.get("post_transform");
    const name = post?.kind === "string" ? new TextDecoder().decode(post.value) : "NONE";
    // Votes and probabilities of trees add up to one by themselves.
    return {
      applied: "none",
      confidence: "medium",
      why: `${last.op} gives the scores of its classes, transformed by ${name}`,
    };
  }
  const why = `the graph ends in ${last.op}, with neither Softmax nor Sigmoid`;
  return {
    applied: "softmax",
    confidence: last.op === "Gemm" || last.op === "MatMul" || last.op === "Add" ? "high" : "medium",
    why,
  };
}

/** One probability for each row: [batch, 1], ending in a sigmoid or without any sign of another. */
export function isProbability(value: Value): boolean {
  if (value.type?.kind !== "tensor" || !/^float(16|32)$/.test(value.type.dtype)) return false;
  const { shape } = value.type;
  return shape !== null && shape.length <= 2 && (shape.length < 2 || shape[1] === 1);
}

/** Columns that a table model reads: what its first operator says, or its input's last dimension. */
export function tableColumns(value: Value): { columns: number | null; op: string } | null {
  if (value.type?.kind !== "tensor" || value.type.shape?.length !== 2) return null;
  const reader = value.uses.map(({ node }) => node).find((node) => node.domain === "ai.onnx.ml");
  if (!reader) return null;
  const last = value.type.shape[1];
  const ids = intsOf(reader, "nodes_featureids");
  const seen = ids ? ids.reduce((most, id) => Math.max(most, id + 1), 0) : null;
  const columns = typeof last === "number" ? last : (seen ?? constantOf(reader.inputs[1])?.shape[0] ?? null);
  return { columns, op: reader.op };
}
