import type { Value } from "../../graph/graph.ts";
import { type Draft, say } from "../claims.ts";
import type { ImageInput } from "../contract.ts";
import { decidingNode } from "../trace.ts";
import type { MaskOutput } from "../vision.ts";
import { activationOf } from "./outputs.ts";

/** More classes than any data set of segmented pictures has. */
const MAX_CLASSES = 4_096;

/**
 * Whether an output tells of each pixel what it belongs to: rows and columns as many as the picture's, and for each of them one
 * share or scores of classes. Three or four numbers are another picture.
 */
export function findMask(draft: Draft, value: Value, image: ImageInput | null): MaskOutput | null {
  const { type } = value;
  if (!image || type?.kind !== "tensor" || !type.shape || type.shape.length < 3) return null;
  const claimed = draft.claims.get(`mask:${value.name}`) !== null;
  const layout = layoutOf(type.shape, image, claimed);
  if (layout === null) return null;
  const classes = type.shape[layout.indexOf("C")];
  const isFloat = /^float(16|32)$/.test(type.dtype);
  const base = { kind: "mask", tensor: value.name, layout, labels: null, threshold: 0.5 } as const;
  if (!layout.includes("C")) {
    return /int/.test(type.dtype) ? { ...base, pixels: "index", activation: "none" } : null;
  }
  if (!isFloat || typeof classes !== "number" || classes > MAX_CLASSES) return null;
  if (classes === 1) {
    const last = decidingNode(value)?.op;
    if (!claimed && last !== "Sigmoid") return null;
    return {
      ...base,
      pixels: "foreground",
      activation: activationOf(value).applied === "none" ? "none" : "sigmoid",
    };
  }
  if (!claimed && (classes === 3 || classes === 4)) return null;
  return { ...base, pixels: "scores", activation: activationOf(value).applied };
}

function layoutOf(
  shape: readonly unknown[],
  image: ImageInput,
  claimed: boolean,
): MaskOutput["layout"] | null {
  const [height, width] = image.size;
  const isPlane = (h: unknown, w: unknown) =>
    typeof h === "number" && typeof w === "number" && (claimed || (h === height && w === width));
  const [n, ...rest] = shape;
  if (shape.length === 3) return n === 1 && isPlane(rest[0], rest[1]) ? "NHW" : null;
  if (shape.length !== 4) return null;
  // Where both could be, the classes stand where the colours of the picture stand.
  const last = isPlane(rest[0], rest[1]);
  const first = isPlane(rest[1], rest[2]);
  const planar = image.layout === "NCHW" || image.layout === "CHW";
  if (planar) return first ? "NCHW" : last ? "NHWC" : null;
  return last ? "NHWC" : first ? "NCHW" : null;
}

export function addMask(draft: Draft, name: string, value: Value, output: MaskOutput): void {
  const field = `outputs.${name}`;
  draft.contract.outputs[name] = output;
  const claimed = draft.claims.get(`mask:${output.tensor}`);
  const reason = "it has as many rows and columns as the picture";
  say(draft, field, claimed ?? { source: "graph", confidence: "medium", reason });
  const { confidence, why } = activationOf(value);
  const words = output.pixels === "index" ? "numbers of classes are no scores" : why;
  say(draft, `${field}.activation`, { source: "graph", confidence, reason: words });
  const labels = draft.claims.get(`labels:${output.tensor}`) ?? draft.claims.get("labels");
  if (!labels) return;
  output.labels = typeof labels.value === "string" ? labels.value : [...labels.value];
  say(draft, `${field}.labels`, labels);
}
