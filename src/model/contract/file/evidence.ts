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
      const part = partOf(renamed, each.field);
      if (part === undefined) return each;
      return { ...each, field: `${renamed.get(part)}${each.field.slice(part.length)}` };
    });
  const parts = partsOf(merged);
  return [...first, ...found.filter(({ field }) => !said.has(field) && partOf(parts, field) !== undefined)];
}

/** What a person wrote is written, unless the file itself says where it came from: `inspect --write` does. */
function evidenceOf(written: ReadonlySet<string>, given: ModelFile["evidence"]): Evidence[] {
  const evidence: Evidence[] = [];
  for (const each of given ?? []) {
    if (each.field === undefined) continue;
    const { field, source = "model.yaml", confidence = "written", reason = "" } = each;
    evidence.push({ field, source, confidence, reason });
  }
  const own = new Set(evidence.map(({ field }) => field));
  for (const field of written) {
    if (partOf(own, field) !== undefined) continue;
    evidence.push({ field, source: "model.yaml", confidence: "written", reason: "model.yaml says so" });
  }
  return evidence;
}

/** The longest path among these at or below which a field lies. Names may hold dots: each of them is tried. */
function partOf(paths: { has(path: string): boolean }, field: string): string | undefined {
  for (let end = field.length; end > 0; end = field.lastIndexOf(".", end - 1)) {
    const path = field.slice(0, end);
    if (paths.has(path)) return path;
  }
  return undefined;
}

function partsOf({ inputs, outputs, states, constants }: Contract): Set<string> {
  const parts = new Set(["task", "description", "license"]);
  for (const [section, all] of Object.entries({ inputs, outputs, states, constants })) {
    for (const name of Object.keys(all)) parts.add(`${section}.${name}`);
  }
  return parts;
}
