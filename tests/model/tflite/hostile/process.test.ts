// Every operation over every malformed .tflite file, and over files that are made by changing small real ones: a result or a
// coded error each time, never a crash or a hang.
import { expect, test } from "vitest";
import { SEED } from "../../../seed.ts";
import { dumpTflite, runChild } from "../../hostile/process.ts";
import { casesOf, PACKS } from "../packs.ts";
import { HOSTILE_TFLITE } from "./set.ts";

const FEW = 120;

test("the set", { timeout: 600_000 }, async () => {
  const { failures, codes } = await runChild(["set", dumpTflite(HOSTILE_TFLITE)], {
    heap: 150,
    seconds: 570,
  });
  expect(failures).toEqual([]);
  expect(codes[""]).toBeGreaterThan(100);
});

test("files that are changed at random", { timeout: 600_000 }, async () => {
  const seed = SEED;
  const good = [...PACKS.keys()].flatMap((operator) =>
    casesOf(operator)
      .slice(0, 1)
      .map(({ name, model }) => ({ name, bytes: model })),
  );
  const folder = dumpTflite([], good);
  const { failures } = await runChild(["fuzz", folder, `${seed}`, `${FEW}`], { heap: 150, seconds: 570 });
  expect(failures, `from seed ${seed} on, in ${folder}`).toEqual([]);
});
