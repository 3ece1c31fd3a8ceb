import { stringify } from "yaml";
import type { Contract, ModelFile } from "../contract.ts";

/**
 * model.yaml for a contract, for a person to correct: every statement, with where it came from.
 * @param head name, source and checksum, which no contract knows
 */
export function writeModelYaml(contract: Contract, head: Partial<ModelFile> = {}): string {
  const { task, description, license, inputs, outputs, states, constants, evidence } = contract;
  const parts: Record<string, unknown> = { ...head };
  if (description !== undefined) parts.description ??= description;
  if (license !== undefined) parts.license ??= license;
  if (task !== null) parts.task = task;
  for (const [key, part] of Object.entries({ inputs, outputs, states, constants })) {
    if (Object.keys(part).length > 0) parts[key] = part;
  }
  if (evidence.length > 0) parts.evidence = evidence;
  const intro = "# Correct what is wrong: what stands here is taken as it stands.\n";
  return intro + stringify(parts, { lineWidth: 120, aliasDuplicateObjects: false });
}
