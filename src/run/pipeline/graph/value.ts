import type { TaskInput } from "../../tasks/index.ts";
import { isPixels } from "./schema.ts";

/** What somebody gave, as the functions of modules see it: a file's bytes, a text, a picture's pixels, or a plain value. */
export function givenValue(input: TaskInput): unknown {
  if (input.kind === "bytes") return input.bytes;
  if (input.kind === "text") return input.text;
  if (input.kind === "tensors") return input.tensors;
  return input.kind === "pixels" ? input.pixels : input.value;
}

/** A value as a task takes it. */
export function inputOf(value: unknown): TaskInput {
  if (value instanceof Uint8Array) return { kind: "bytes", bytes: value };
  if (typeof value === "string") return { kind: "text", text: value };
  if (isPixels(value)) return { kind: "pixels", pixels: value };
  if (holdsTensors(value)) return { kind: "tensors", tensors: value as never };
  return { kind: "json", value };
}

/** Named tensors whose numbers are typed arrays, as the runtime has them. */
function holdsTensors(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const parts = Object.values(value);
  return (
    parts.length > 0 &&
    parts.every(
      (part) =>
        typeof part === "object" &&
        part !== null &&
        typeof part.dtype === "string" &&
        Array.isArray(part.shape) &&
        ArrayBuffer.isView(part.data),
    )
  );
}
