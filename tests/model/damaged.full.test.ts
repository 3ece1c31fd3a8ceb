// What check calls an error, the runtime refuses: valid models of which one length, index, number or attribute is changed. Most of
// what the runtime refuses is found.
import type { InferenceSession } from "onnxruntime-node";
import { expect, test } from "vitest";
import { checkModel } from "../../src/model/index.ts";
import { isOneSeed, SEED } from "../seed.ts";
import { type Damaged, damagedModel } from "./damaged.ts";
import { bytesOfModel, openSession } from "./evaluate.ts";
import { fedTo } from "./random-check.ts";

const MODELS = isOneSeed ? 1 : 500;

/** Rules whose errors are the runtime's: the others hold models to the specification, which it does not always do. */
const RUNTIME_RULES = new Set(["types", "attribute-value"]);

/** What the runtime says against a model, when it loads or runs it; null where it answers. */
async function refusal({ model, feeds }: Damaged): Promise<string | null> {
  let session: InferenceSession | null = null;
  try {
    session = await openSession(await bytesOfModel(model));
    await session.run(fedTo(session, feeds));
    return null;
  } catch (error) {
    return (error as Error).message;
  } finally {
    await session?.release();
  }
}

test(`${MODELS} models with one thing changed`, async () => {
  const wrong: string[] = [];
  let refused = 0;
  let found = 0;
  for (let seed = SEED; seed < SEED + MODELS; seed++) {
    const damaged = await damagedModel(seed);
    if (!damaged) continue;
    const findings = await checkModel(damaged.model);
    const errors = findings.filter(({ rule, severity }) => severity === "error" && RUNTIME_RULES.has(rule));
    const said = await refusal(damaged);
    if (said !== null) {
      refused++;
      if (findings.some(({ rule, severity }) => severity === "error" || rule === "types")) found++;
    } else if (errors[0]) wrong.push(`seed ${seed}, ${damaged.what}: ${errors[0].message}`);
  }
  console.log(`${refused} of ${MODELS} models are refused by the runtime, and ${found} of them found`);
  expect(wrong, `from seed ${SEED} on`).toEqual([]);
  // Which changes are drawn decides how many: eight in ten where enough are.
  if (!isOneSeed) expect(found / refused).toBeGreaterThan(0.65);
});
