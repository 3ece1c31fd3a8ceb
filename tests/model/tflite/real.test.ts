// A few real TFLite models, small ones of each kind, beside the C library's answers; real.full.test.ts takes them all.
import { expect, test } from "vitest";
import { realFile, realModel, realProblems } from "./real.ts";
import { REAL_NOT_YET } from "./real-not-yet.ts";

const SMALL = [
  "ops-mobilenet_v1_0.25_128",
  "ops-mobilenet_v1_0.25_128_quant",
  "movie-review",
  "wake-hey_mycroft",
  "wake-hey_jarvis",
  "stream-okay_nabu",
  "face-short",
];

test.for(SMALL)("%s", async (name, context) => {
  const model = realModel(name);
  expect(REAL_NOT_YET.has(name)).toBe(false);
  expect(await realProblems(model, await realFile(context, model))).toEqual([]);
});
