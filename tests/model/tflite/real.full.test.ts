// Every real TFLite model of shared/models and of the packages, beside the C library's answers.
import { expect, test } from "vitest";
import { REAL_MODELS, realFile, realModel, realProblems } from "./real.ts";
import { REAL_NOT_YET } from "./real-not-yet.ts";

/** So many there are to be at least. */
const MODELS = 80;

test.for(REAL_MODELS)("%s", async (name, context) => {
  const model = realModel(name);
  const problems = await realProblems(model, await realFile(context, model));
  const listed = REAL_NOT_YET.get(name);
  if (listed === undefined) expect(problems).toEqual([]);
  else expect(problems, `agrees: take it from the list (${listed})`).not.toEqual([]);
});

test("there are as many as promised, and the list of what fails names only what there is", () => {
  expect(REAL_MODELS.length).toBeGreaterThanOrEqual(MODELS);
  for (const name of REAL_NOT_YET.keys()) expect(REAL_MODELS).toContain(name);
});
