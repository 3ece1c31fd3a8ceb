// A model without errors has none after an upgrade, whatever stands in it: what cannot be is found in the version that the
// model is of, and not only in the one that it is brought to.
import { expect, test } from "vitest";
import { checkModel, type Model, operatorsOf, schemaVersions } from "../../../src/model/graph/index.ts";
import { NEWEST_OPSET, newestOpsetOf, runPasses, upgradeTo } from "../../../src/model/passes/index.ts";
import { SEED } from "../../seed.ts";
import { random } from "../../serve/random.ts";
import { drawNode } from "./draw-node.ts";

/** Nodes of every version of every operator; MODELYARD_DRAWN=1000 for a long run. */
const DRAWN = Number(process.env.MODELYARD_DRAWN ?? 40);

async function errorsOf(model: Model): Promise<string[]> {
  const findings = await checkModel(model);
  return findings
    .filter(({ severity }) => severity === "error")
    .map(({ rule, message }) => `${rule}: ${message}`);
}

/** How a drawn model ends; what is said of one that was right and is wrong afterwards. */
async function upgraded(
  model: Model,
  version: number,
  domain: string,
): Promise<"wrong" | "right" | "refused" | string[]> {
  if ((await errorsOf(model)).length > 0) return "wrong";
  try {
    await runPasses(model, [upgradeTo(version, domain)], { note: () => {} });
  } catch (error) {
    if ((error as { code?: string }).code === "MODEL_UPGRADE_REFUSED") return "refused";
    throw error;
  }
  const errors = await errorsOf(model);
  return errors.length > 0 ? errors : "right";
}

test.each([
  ["", NEWEST_OPSET, 250],
  ["ai.onnx.ml", 5, 5],
])("every version of every operator of %j", async (domain, newest, versions) => {
  const ends = new Map<string, number>();
  const right = new Set<string>();
  const found: string[] = [];
  for (const op of operatorsOf(domain)) {
    for (const [i, schema] of schemaVersions(domain, op).entries()) {
      const until = Math.min(schemaVersions(domain, op)[i + 1]?.since ?? newest, newest);
      if (schema.deprecated || schema.since >= until) continue;
      for (let drawn = 0; drawn < DRAWN; drawn++) {
        const next = random(SEED + drawn);
        const opset = schema.since + Math.floor(next() * (until - schema.since));
        const model = drawNode(schema, opset, next);
        if (!model) break;
        const end = await upgraded(model, domain === "" ? newestOpsetOf(model) : newest, domain);
        if (typeof end !== "string") found.push(`${op} ${opset}, seed ${SEED + drawn}: ${end[0]}`);
        else ends.set(end, (ends.get(end) ?? 0) + 1);
        if (end === "right") right.add(`${op} ${schema.since}`);
      }
    }
  }
  expect(found).toEqual([]);
  expect(right.size).toBeGreaterThan(versions);
  for (const end of ["right", "wrong", "refused"]) expect(ends.get(end), end).toBeGreaterThan(0);
});
