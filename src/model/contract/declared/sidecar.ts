import type { Claims } from "../claims.ts";
import type { Sibling } from "../sibling.ts";

/** Settings are small; what is larger is not read for them. */
const MAX_BYTES = 16 * 2 ** 20;

/**
 * A JSON object beside the model; null where there is none. One that cannot be read declares nothing, and is a problem to be told:
 * the model runs without it, and likely not as its maker meant.
 */
export async function sidecarJson(
  claims: Claims,
  sibling: Sibling,
  name: string,
): Promise<Record<string, unknown> | null> {
  const source = await sibling(name);
  if (!source) return null;
  const refuse = (problem: string) => {
    claims.problems.push(`${name} beside the model is not heeded: ${problem}.`);
    return null;
  };
  if (source.size > MAX_BYTES) return refuse(`it has ${source.size} bytes, more than settings have`);
  const text = new TextDecoder().decode(await source.read(0, source.size)).replace(/^\uFEFF/, "");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return refuse(`it is no JSON${placeOf(error)}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return refuse("it is no JSON object");
  }
  return value as Record<string, unknown>;
}

/** V8 quotes the text around the mistake, over lines; the place is enough. */
function placeOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return / at position \d+/.exec(message)?.[0] ?? "";
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
