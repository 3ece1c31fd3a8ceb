import type { Model } from "../../graph/graph.ts";
import type { Claims } from "../claims.ts";
import type { Sibling } from "../sibling.ts";
import { isNumbers, isSide, sidecarJson } from "./sidecar.ts";

type Json = Record<string, unknown>;

/** The files that Hugging Face's and timm's models lie among: config.json, preprocessor_config.json, tokenizer files. */
export async function readHuggingFace(_model: Model, claims: Claims, sibling: Sibling): Promise<void> {
  const config = await sidecarJson(claims, sibling, "config.json");
  if (config) readConfig(config, claims);
  const preprocessor = await sidecarJson(claims, sibling, "preprocessor_config.json");
  if (preprocessor) readPreprocessor(preprocessor, claims);
  if (config) readTimm(config, claims);
  await readTokenizer(claims, sibling);
}

function readConfig(config: Json, claims: Claims): void {
  const claim = { source: "config.json", confidence: "declared" as const };
  const labels = labelsOf(config.id2label) ?? (isStrings(config.label_names) ? config.label_names : null);
  if (labels) claims.add("labels", { ...claim, value: labels, reason: `it names ${labels.length} labels` });
  const { problem_type: problem, image_size: size, max_position_embeddings: length } = config;
  if (problem === "multi_label_classification") {
    claims.add("activation", {
      ...claim,
      value: "sigmoid",
      reason: "problem_type is multi_label_classification",
    });
  }
  const [height, width] = Array.isArray(size) ? size : [size, size];
  if (isSide(height) && isSide(width)) {
    claims.add("imageSize", { ...claim, value: [height, width], reason: `image_size is ${height}×${width}` });
  }
  if (isSide(length)) {
    claims.add("maxLength", { ...claim, value: length, reason: "max_position_embeddings says so" });
  }
  const architecture = isStrings(config.architectures) ? (config.architectures[0] ?? "") : "";
  if (/ForImageClassification$/.test(architecture)) {
    const reason = `its architecture is ${architecture}`;
    claims.add("task", { ...claim, value: "image-classification", reason });
  }
}

function readPreprocessor(settings: Json, claims: Claims): void {
  const claim = { source: "preprocessor_config.json", confidence: "declared" as const };
  const rescale = settings.do_rescale === false ? 1 : settings.rescale_factor;
  const normalizes =
    settings.do_normalize !== false && isNumbers(settings.image_mean) && isNumbers(settings.image_std);
  if (normalizes || typeof rescale === "number") {
    const scale = typeof rescale === "number" && rescale > 0 ? rescale : 1 / 255;
    const mean = normalizes ? [...(settings.image_mean as number[])] : [0];
    const std = normalizes ? [...(settings.image_std as number[])] : [1];
    if (std.every((each) => each !== 0)) {
      claims.add("normalize", {
        ...claim,
        value: { scale, mean, std },
        reason: "it gives scale, mean and deviation",
      });
    }
  }
  const size =
    sizeOf(settings.do_center_crop === true ? settings.crop_size : settings.size) ?? sizeOf(settings.size);
  if (size) claims.add("imageSize", { ...claim, value: size, reason: `it asks for ${size.join("×")}` });
  if (settings.do_flip_channel_order === true) {
    claims.add("color", { ...claim, value: "BGR", reason: "do_flip_channel_order is true" });
  } else if (settings.do_convert_rgb === true || normalizes) {
    claims.add("color", { ...claim, value: "RGB", reason: "its pictures are RGB" });
  }
  const shortest = shortestEdge(settings.size);
  if (settings.do_center_crop === true) {
    claims.add("resize", { ...claim, value: "crop", reason: "do_center_crop is true" });
    if (size && shortest) {
      const fraction = Math.min(1, size[0] / shortest);
      claims.add("cropFraction", {
        ...claim,
        value: fraction,
        reason: `it resizes to ${shortest} before it crops`,
      });
    }
  } else if (settings.do_resize !== false && size) {
    claims.add("resize", { ...claim, value: "stretch", reason: "it resizes and does not crop" });
  }
  if (isSide(settings.sampling_rate)) {
    claims.add("sampleRate", { ...claim, value: settings.sampling_rate, reason: "sampling_rate says so" });
  }
}

/** timm writes its settings into config.json, under pretrained_cfg since 2023. */
function readTimm(config: Json, claims: Claims): void {
  const inner = config.pretrained_cfg;
  const settings = (typeof inner === "object" && inner !== null ? inner : config) as Json;
  if (!isNumbers(settings.mean, 4) || !isNumbers(settings.std, 4)) return;
  const claim = { source: "config.json", confidence: "declared" as const };
  const value = { scale: 1 / 255, mean: [...settings.mean], std: [...settings.std] };
  if (value.std.every((each) => each !== 0)) {
    claims.add("normalize", { ...claim, value, reason: "timm's mean and std" });
  }
  const size = Array.isArray(settings.input_size) ? settings.input_size.slice(1) : [];
  const [height, width] = size as unknown[];
  if (isSide(height) && isSide(width)) {
    claims.add("imageSize", { ...claim, value: [height, width], reason: "timm's input_size" });
  }
  const { crop_pct: crop, crop_mode: mode } = settings;
  if (mode === "squash")
    claims.add("resize", { ...claim, value: "stretch", reason: "timm's crop_mode is squash" });
  else
    claims.add("resize", { ...claim, value: "crop", reason: "timm resizes by the shorter edge and crops" });
  if (typeof crop === "number" && crop > 0 && crop <= 1) {
    claims.add("cropFraction", { ...claim, value: crop, reason: `timm's crop_pct is ${crop}` });
  }
  claims.add("color", { ...claim, value: "RGB", reason: "timm's pictures are RGB" });
}

async function readTokenizer(claims: Claims, sibling: Sibling): Promise<void> {
  if (!(await sibling("tokenizer.json"))) return;
  const claim = {
    source: "tokenizer.json",
    confidence: "declared" as const,
    reason: "it lies beside the model",
  };
  claims.add("tokenizer", { ...claim, value: "tokenizer.json" });
  const config = await sidecarJson(claims, sibling, "tokenizer_config.json");
  // Some write 1e30 for "no limit".
  if (config && isSide(config.model_max_length)) {
    const reason = "model_max_length says so";
    claims.add("maxLength", {
      source: "tokenizer_config.json",
      confidence: "declared",
      value: config.model_max_length,
      reason,
    });
  }
}

function labelsOf(id2label: unknown): string[] | null {
  if (typeof id2label !== "object" || id2label === null) return null;
  const names = id2label as Json;
  const labels = Object.keys(names).map((_, i) => names[String(i)]);
  return isStrings(labels) && labels.length > 0 ? labels : null;
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

function sizeOf(size: unknown): [number, number] | null {
  if (isSide(size)) return [size, size];
  if (typeof size !== "object" || size === null) return null;
  const { height, width } = size as Json;
  return isSide(height) && isSide(width) ? [height, width] : null;
}

function shortestEdge(size: unknown): number | null {
  if (isSide(size)) return size;
  if (typeof size !== "object" || size === null) return null;
  const { shortest_edge: edge, height } = size as Json;
  return isSide(edge) ? edge : isSide(height) ? height : null;
}
