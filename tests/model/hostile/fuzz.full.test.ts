// The whole of it: the set with the memory that it takes, and many more models that are made at random (see fuzz.ts).
import { statSync } from "node:fs";
import { expect, test } from "vitest";
import { DEBIAN, PYPI } from "../onnx-cases.ts";
import { COUNT, fuzz, TIMEOUT } from "./fuzz.ts";
import { dumpCorpus, dumpSet, runChild } from "./process.ts";
import { HOSTILE } from "./set.ts";

/** Models of this size are changed; larger ones have nothing that these do not have. */
const SMALL = 40_000;

/** What the process may take over the largest file. */
const MEMORY = 150_000_000;

test("the whole set takes less memory than its largest file and 150 MB", { timeout: 1_800_000 }, async () => {
  const { failures, taken } = await runChild(["set", dumpSet()], { heap: 100, seconds: 1_700 });
  expect(failures).toEqual([]);
  expect(taken).toBeLessThan(Math.max(...HOSTILE.map(({ bytes }) => bytes.length)) + MEMORY);
});

test(`${COUNT} models that are changed at random`, { timeout: TIMEOUT }, async () => {
  const good = [...DEBIAN.cases, ...PYPI.cases]
    .map(({ model }) => model)
    .filter((path) => statSync(path).size < SMALL);
  await fuzz(dumpCorpus(good));
});
