// Every case of tests/fixtures/tflite/cases: converted, and run beside TensorFlow's answers, as the graph is written and as the
// runtime optimises it.
import { expect, test } from "vitest";
import { unexpected } from "./case-run.ts";
import { NOT_YET } from "./not-yet.ts";
import { casesOf, PACKS } from "./packs.ts";

/** So many there are to be at least. */
const OPERATORS = 100;
const CASES = 1_500;

test.each([...PACKS.keys()])("%s", async (operator) => {
  expect(await unexpected(casesOf(operator))).toEqual([]);
});

test("there are as many as promised, and the list of what fails names only what there is", () => {
  const names = [...PACKS.keys()].flatMap(casesOf).map(({ name }) => name);
  expect(PACKS.size).toBeGreaterThanOrEqual(OPERATORS);
  expect(names.length).toBeGreaterThanOrEqual(CASES);
  for (const listed of NOT_YET.keys())
    expect(
      names.some((name) => name === listed || name.startsWith(`${listed}/`)),
      listed,
    ).toBe(true);
});
