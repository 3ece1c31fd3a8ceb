import type { Model } from "../../graph/graph.ts";
import type { Claims, Meanings } from "../claims.ts";

const FORMATS: Readonly<Record<string, Meanings["color"]>> = {
  Gray8: "GRAY",
  Rgb8: "RGB",
  Bgr8: "BGR",
  Rgba8: "RGBA",
};

/** Normalize by the nominal range of a pixel. */
const RANGES: Readonly<Record<string, { scale: number; mean: number[]; std: number[] }>> = {
  NominalRange_0_255: { scale: 1, mean: [0], std: [1] },
  Normalized_0_1: { scale: 1 / 255, mean: [0], std: [1] },
  Normalized_1_1: { scale: 1 / 255, mean: [0.5], std: [0.5] },
  // Studio swing: black is 16, white is 235.
  NominalRange_16_235: { scale: 219 / 255, mean: [-16], std: [1] },
};

/** The image keys that Windows ML reads from metadata_props (ONNX MetadataProps.md). */
export function readWindowsMl({ metadata }: Model, claims: Claims): void {
  const format = metadata.get("Image.BitmapPixelFormat") ?? "";
  const color = FORMATS[format];
  if (color) {
    const source = "metadata_props: Image.BitmapPixelFormat";
    claims.add("color", { value: color, source, confidence: "declared", reason: `it says ${format}` });
  }
  const range = metadata.get("Image.NominalPixelRange") ?? "";
  const normalize = RANGES[range];
  if (normalize) {
    const source = "metadata_props: Image.NominalPixelRange";
    claims.add("normalize", { value: normalize, source, confidence: "declared", reason: `it says ${range}` });
  }
}
