// --verify by sabotage on many models: one weight or operator of a copy is changed, and the node that computes otherwise is named,
// or the answers are the same bit for bit by the runtime's own word.
import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { emptyFolder } from "../cli/modelyard.ts";
import { disguise } from "../model/disguise.ts";
import { seeded } from "../runtime/tensors.ts";
import { filesOf, PACKAGES, sharedFiles } from "./real-models.ts";
import { openFile, spots, verifyChanged } from "./sabotage.ts";

const LIBONNX = "/usr/share/libonnx-testdata/data";

interface Tally {
  tried: number;
  named: number;
  /** The answers do not depend on it: a saturated activation, a branch that is not taken. */
  unseen: number;
  /** The runtime does not run it, or not with what was made up. */
  unrun: string[];
  wrong: string[];
}

const NEW = (): Tally => ({ tried: 0, named: 0, unseen: 0, unrun: [], wrong: [] });

async function sabotage(path: string, times: number, seed: number, tally: Tally): Promise<void> {
  const random = seeded(seed);
  const { model, close } = await openFile(path);
  const count = spots(model).length;
  await close();
  for (let time = 0; time < Math.min(times, count); time++) {
    const at = Math.floor(random() * count);
    const hidden = random() < 0.5;
    let wanted = "";
    let what = "";
    const report = await verifyChanged(path, emptyFolder(), async (copy) => {
      const spot = spots(copy)[at];
      wanted = spot?.node.outputs.find(Boolean)?.name ?? "";
      what = `${spot?.what}${hidden ? ", under another name" : ""}`;
      await spot?.spoil();
      if (hidden) disguise(copy, seed + time);
    });
    const { failure, reason, outputs } = report;
    tally.tried++;
    if (reason !== null && !outputs.some((output) => output.unoptimized)) {
      tally.unrun.push(`${basename(path)}: ${reason.slice(0, 200)}`);
      return;
    }
    if (failure === null) {
      // Either nothing is different, or less than what rounding may do.
      expect(outputs.every((output) => output.largest < 1e-3 || output.unoptimized)).toBe(true);
      tally.unseen++;
    } else if (failure.first?.value === wanted) tally.named++;
    else
      tally.wrong.push(
        `${path} (seed ${seed}, ${what}): ${failure.first?.value ?? failure.problem}, not ${wanted}`,
      );
  }
}

describe("real models", () => {
  test.for(PACKAGES)("%s", async (source, context) => {
    const tally = NEW();
    for (const [i, path] of (await filesOf(context, source)).entries())
      await sabotage(path, 4, 100 + i, tally);
    console.log(`${source}: ${JSON.stringify(tally)}`);
    expect(tally.wrong).toEqual([]);
    expect(tally.unrun).toEqual([]);
    expect(tally.named).toBeGreaterThan(tally.tried / 3);
  });

  test("trees, MNIST and Triton's examples", async (context) => {
    const files = sharedFiles();
    if (files.length === 0) return context.skip("no shared models (set MODELYARD_SHARED)");
    const tally = NEW();
    for (const [i, path] of files.entries()) await sabotage(path, 6, 200 + i, tally);
    console.log(`shared models: ${JSON.stringify(tally)}`);
    expect(tally.wrong).toEqual([]);
  });
});

test("Debian's operator and PyTorch models", async (context) => {
  if (!existsSync(LIBONNX)) return context.skip("needs Debian's libonnx-testdata");
  const files = ["pytorch-converted", "pytorch-operator", "simple", "node"].flatMap((set) =>
    readdirSync(join(LIBONNX, set)).map((name) => join(LIBONNX, set, name, "model.onnx")),
  );
  const tally = NEW();
  // Of the single operators, one in ten.
  const some = files.filter((path, i) => !path.includes("/node/") || i % 10 === 0);
  for (const [i, path] of some.entries()) await sabotage(path, 1, 1_000 + i, tally);
  console.log(`libonnx-testdata: ${JSON.stringify({ ...tally, unrun: tally.unrun.length })}`);
  expect(tally.wrong).toEqual([]);
  expect(tally.tried).toBeGreaterThan(60);
  expect(tally.named).toBeGreaterThan((tally.tried - tally.unrun.length) / 2);
});
