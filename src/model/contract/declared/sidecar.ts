import type { Sibling } from "../infer.ts";

/** Settings are small; what is larger is not read for them. */
const MAX_BYTES = 16 * 2 ** 20;

/** The text of a file beside the model; null where there is none, or none of a sensible size. */
export async function sidecarText(sibling: Sibling, name: string): Promise<string | null> {
  const source = await sibling(name);
  if (!source || source.size > MAX_BYTES) return null;
  return new TextDecoder().decode(await source.read(0, source.size)).replace(/^\uFEFF/, "");
}

/** A JSON object beside the model; null where there is none, or where it is no JSON: then it declares nothing. */
export async function sidecarJson(sibling: Sibling, name: string): Promise<Record<string, unknown> | null> {
  const text = await sidecarText(sibling, name);
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

export function isNumbers(value: unknown, most = 4): value is number[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= most &&
    value.every((each) => Number.isFinite(each))
  );
}

export function isSide(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && value <= 65_536;
}
