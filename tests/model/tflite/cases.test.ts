// Of every operator and kind of tests/fixtures/tflite/cases, the first case: converted, and run beside TensorFlow's answers.
import { expect, test } from "vitest";
import { unexpected } from "./case-run.ts";
import { type Case, casesOf, PACKS } from "./packs.ts";

test.each([...PACKS.keys()])("%s", async (operator) => {
  const kinds = new Map<string, Case>();
  for (const each of casesOf(operator)) {
    const kind = each.name.split("/")[1] as string;
    if (!kinds.has(kind)) kinds.set(kind, each);
  }
  expect(await unexpected([...kinds.values()])).toEqual([]);
});
