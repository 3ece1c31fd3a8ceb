import type { Model } from "../../graph/graph.ts";
import type { Claims } from "../claims.ts";
import { type Literal, parseLiteral } from "./python-literal.ts";

/** What Ultralytics' exporter calls its tasks. */
const TASKS: Readonly<Record<string, string>> = {
  classify: "image-classification",
  detect: "object-detection",
  segment: "image-segmentation",
  pose: "pose-estimation",
  obb: "oriented-object-detection",
};

/** The metadata of Ultralytics' exporter, whose values are Python literals: task, names, imgsz. */
export function readUltralytics({ metadata }: Model, claims: Claims): void {
  const names = parse(metadata.get("names"));
  const task = TASKS[metadata.get("task") ?? ""];
  if (!(names instanceof Map) || task === undefined) return;
  const claim = <T>(key: string, value: T, reason: string) => ({
    value,
    source: `metadata_props: ${key}`,
    confidence: "declared" as const,
    reason,
  });
  const exporter = metadata.get("author") === "Ultralytics" ? "Ultralytics' exporter" : "the exporter";
  claims.add("task", claim("task", task, `${exporter} wrote task ${metadata.get("task")}`));
  const labels = labelsOf(names);
  if (labels) claims.add("labels", claim("names", labels, `${exporter} wrote ${labels.length} names`));
  const size = parse(metadata.get("imgsz"));
  if (Array.isArray(size) && isSize(size)) {
    claims.add("imageSize", claim("imgsz", [size[0], size[1]], `${exporter} wrote imgsz ${size.join("×")}`));
  }
  const scaled = { scale: 1 / 255, mean: [0], std: [1] };
  claims.add("normalize", claim("task", scaled, "Ultralytics' nets take RGB from 0 to 1"));
  claims.add("color", claim("task", "RGB", "Ultralytics' nets take RGB from 0 to 1"));
  const isClassifier = task === "image-classification";
  const resize = isClassifier ? "crop" : "letterbox";
  const how = isClassifier ? "cut out the middle" : "fit the whole picture, with a border";
  claims.add("resize", claim("task", resize, `Ultralytics' nets of this task ${how}`));
  if (isClassifier) {
    claims.add("cropFraction", claim("task", 1, "Ultralytics' classifiers keep the whole shorter edge"));
    claims.add("activation", claim("task", "none", "Ultralytics' classifiers end in a softmax"));
  }
}

function parse(text: string | undefined): Literal {
  return text === undefined ? null : (parseLiteral(text)?.value ?? null);
}

/** {0: "person", 1: "bicycle"} in the order of the numbers, without gaps. */
function labelsOf(names: Map<Literal, Literal>): string[] | null {
  const labels: string[] = [];
  for (let i = 0; i < names.size; i++) {
    const label = names.get(i);
    if (typeof label !== "string") return null;
    labels.push(label);
  }
  return labels.length > 0 ? labels : null;
}

function isSize(size: Literal[]): size is [number, number] {
  return (
    size.length === 2 && size.every((each) => typeof each === "number" && Number.isInteger(each) && each > 0)
  );
}
