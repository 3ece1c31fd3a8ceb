import type { Confidence, Contract } from "./contract.ts";

export interface Reason {
  /** What is claimed: "inputs.image.size: 28×28". */
  readonly text: string;
  readonly reason: string;
  /** The source, and how sure it is: "graph, low". */
  readonly confidence: Confidence;
  readonly source: string;
}

/** Every statement of a contract with its reason, in the order of the contract. */
export function explain(contract: Contract): Reason[] {
  return contract.evidence.map(({ field, source, confidence, reason }) => ({
    text: `${field}${valueText(valueAt(contract, field))}`,
    reason,
    confidence,
    source,
  }));
}

/** Names may hold dots: the longest key that fits is taken. */
function valueAt(from: unknown, path: string): unknown {
  if (path === "") return from;
  if (typeof from !== "object" || from === null) return undefined;
  for (let end = path.length; end > 0; end = path.lastIndexOf(".", end - 1)) {
    const key = path.slice(0, end);
    if (Object.hasOwn(from, key)) return valueAt((from as Record<string, unknown>)[key], path.slice(end + 1));
  }
  return undefined;
}

function valueText(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) {
    if (value.length > 4) return `: ${value.length} of them`;
    const isSize = value.every((each) => typeof each !== "string");
    return `: ${value.map((each) => each ?? "any").join(isSize ? "×" : ", ")}`.replace(/\p{Cc}+/gu, " ");
  }
  if (typeof value !== "object") return `: ${value}`;
  if ("kind" in value) return `: ${value.kind}`;
  if ("value" in value) return `: ${value.value}`;
  const parts = Object.entries(value).map(
    ([key, each]) => `${key} ${Array.isArray(each) ? each.map(brief).join(", ") : brief(each)}`,
  );
  return `: ${parts.join("; ")}`;
}

function brief(value: unknown): string {
  return typeof value === "number" ? String(Number(value.toPrecision(4))) : String(value);
}
