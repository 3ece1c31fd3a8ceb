// Streams of TFLite models as the product runs them, beside the recorded answers: as JSON goes in and comes out.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DType, Tensor } from "../../../src/model/tensor/index.ts";
import { emptyFolder } from "../../cli/modelyard.ts";
import { drawTensor } from "./draw.ts";
import type { RealModel } from "./real.ts";
import { streamDisagrees } from "./streams.ts";

/** A folder with one model, which is removed when the test ends, and the model's path. */
export function modelFile(name: string, bytes: Uint8Array): { folder: string; path: string } {
  const folder = emptyFolder();
  const path = join(folder, `${name}.tflite`);
  writeFileSync(path, bytes);
  return { folder, path };
}

/** Writes JSON into a folder; the path. */
export function jsonFile(folder: string, name: string, value: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(value));
  return path;
}

/** A tensor whose values are listed flat beside its shape. */
export function flat({ dtype, shape, data }: Tensor): {
  dtype: DType;
  shape: readonly number[];
  data: number[];
} {
  return { dtype, shape, data: Array.from(data as ArrayLike<number>, Number) };
}

/** A tensor of JSON's nested lists. */
export function tensorOf({ dtype, shape, data }: { dtype: string; shape: number[]; data: unknown }): Tensor {
  const values = [data].flat(Number.POSITIVE_INFINITY) as number[];
  return { dtype: dtype as "float32", shape, data: Float32Array.from(values) };
}

/** The frames of a recorded stream, its only input each. */
export function framesOf({ inputs: [input], streams }: RealModel, stream: number): Tensor[] {
  return (streams[stream] ?? []).map(({ inputs: [draw] }) => {
    if (!input || !draw) throw new Error("a recorded frame has no input");
    return drawTensor(draw, input.dtype);
  });
}

/** What is wrong with the answers to them; null where they agree. */
export function followDisagrees(model: RealModel, stream: number, answers: readonly Tensor[]): string | null {
  const recorded = model.streams[stream] ?? [];
  if (answers.length !== recorded.length) return `${answers.length} answers to ${recorded.length} frames`;
  return streamDisagrees(
    recorded.map(({ outputs: [output] }, f) => {
      if (!output) throw new Error("a recorded frame has no output");
      return { recorded: output, answer: answers[f] };
    }),
  );
}
