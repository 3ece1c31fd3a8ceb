import type { Contract, Evidence, ModelFile } from "../contract.ts";

/** What model.yaml did to a contract, as paths into it. */
export interface Written {
  /** Fields that a person wrote. */
  readonly fields: Set<string>;
  /** Parts that have another name, or the same one, and are of the same kind: what was said of them still holds. */
  readonly renamed: Map<string, string>;
  /** Parts that are gone or of another kind. */
  readonly changed: Set<string>;
}

/** The evidence of a contract that was merged: what a person wrote first, then what still holds of what was found. */
export function mergeEvidence(
  merged: Contract,
  given: ModelFile["evidence"],
  { fields, renamed, changed }: Written,
): Evidence[] {
  const first = evidenceOf(fields, given);
  const said = new Set([...fields, ...first.map(({ field }) => field)]);
  const found = merged.evidence
    .filter(({ field }) => partOf(changed, field) === undefined)
    .map((each) => {
      const part = partOf(renamed.keys(), each.field);
      if (part === undefined) return each;
      return { ...each, field: `${renamed.get(part)}${each.field.slice(part.length)}` };
    });
  return [...first, ...found.filter(({ field }) => !said.has(field) && exists(merged, field))];
}

/** What a person wrote is written, unless the file itself says where it came from: `inspect --write` does. */
function evidenceOf(written: ReadonlySet<string>, given: ModelFile["evidence"]): Evidence[] {
  const evidence: Evidence[] = [];
  for (const each of given ?? []) {
    if (each.field === undefined) continue;
    const { field, source = "model.yaml", confidence = "written", reason = "" } = each;
    evidence.push({ field, source, confidence, reason });
  }
  const own = evidence.map(({ field }) => field);
  for (const field of written) {
    if (partOf(own, field) !== undefined) continue;
    evidence.push({ field, source: "model.yaml", confidence: "written", reason: "model.yaml says so" });
  }
  return evidence;
}

/** The path among these at or below which a field lies. */
function partOf(paths: Iterable<string>, field: string): string | undefined {
  for (const path of paths) if (field === path || field.startsWith(`${path}.`)) return path;
  return undefined;
}

function exists({ inputs, outputs, states, constants }: Contract, field: string): boolean {
  if (field === "task") return true;
  const parts = Object.entries({ inputs, outputs, states, constants }).flatMap(([section, all]) =>
    Object.keys(all).map((name) => `${section}.${name}`),
  );
  return partOf(parts, field) !== undefined;
}
