// The whole of it: the malformed files with the memory that they take, and many more that are made at random (see
// ../../hostile/fuzz.ts).
import { expect, test } from "vitest";
import { COUNT, fuzz, TIMEOUT } from "../../hostile/fuzz.ts";
import { dumpTflite, runChild } from "../../hostile/process.ts";
import { casesOf, PACKS } from "../packs.ts";
import { HOSTILE_TFLITE } from "./set.ts";

/** What the process may take over the largest file. */
const MEMORY = 150_000_000;

test("the whole set takes less memory than its largest file and 150 MB", { timeout: 1_800_000 }, async () => {
  const { failures, taken } = await runChild(["set", dumpTflite(HOSTILE_TFLITE)], {
    heap: 100,
    seconds: 1_700,
  });
  expect(failures).toEqual([]);
  expect(taken).toBeLessThan(Math.max(...HOSTILE_TFLITE.map(({ bytes }) => bytes.length)) + MEMORY);
});

test(`${COUNT} files that are changed at random`, { timeout: TIMEOUT }, async () => {
  const good = [...PACKS.keys()].flatMap((operator) =>
    casesOf(operator).map(({ name, model }) => ({ name, bytes: model })),
  );
  const { taken } = await fuzz(dumpTflite(HOSTILE_TFLITE, good));
  expect(taken).toBeLessThan(MEMORY + 100_000_000);
});
