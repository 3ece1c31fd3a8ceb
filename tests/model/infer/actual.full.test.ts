// Inference beside what the values are when models run: the strongest oracle there is. The shapes that are declared of computed
// values are taken away first.
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import {
  inferContract,
  inferTypes,
  type Model,
  signatureOf,
  type Tensors,
} from "../../../src/model/index.ts";
import { inputMaker } from "../../../src/run/convert/inputs/draw.ts";
import { openBytes } from "../files.ts";
import { DEBIAN, type OnnxCase, PYPI, readData } from "../onnx-cases.ts";
import { compareActual, emptyTally, type Tally } from "./actual.ts";
import { withoutTypes, withSymbols } from "./onnx-edit.ts";
import { filesOfPackage, NO_SHARED, PACKAGES, sharedFiles } from "./real.ts";
import { actualValues } from "./runtime-types.ts";

/** Of the values that come out of the runs, inference knows the shape of so many, with nothing declared but the inputs. */
const LEAST_SHARE = 0.93;

function hold(title: string, tally: Tally, leastShare = LEAST_SHARE): void {
  const { values, shapes, elements, wrong } = tally;
  console.log(`${title}: ${shapes} of ${values} shapes known, ${elements} elements; ${wrong.length} wrong`);
  expect(wrong).toEqual([]);
  expect(shapes / values).toBeGreaterThanOrEqual(leastShare);
}

/** One run, and what is inferred of it with the inputs' lengths and without them. */
async function compare(
  where: string,
  path: string,
  feeds: Tensors,
  declared: Tally,
  symbolic: Tally,
): Promise<boolean> {
  const bare = withoutTypes(readFileSync(path));
  const answers = await actualValues(bare, dirname(path), feeds);
  if (!answers) return false;
  for (const [tally, bytes] of [
    [declared, bare],
    [symbolic, withSymbols(bare)],
  ] as const) {
    const model = await openBytes(bytes);
    compareActual(tally, where, model, await inferTypes(model), feeds, answers);
  }
  return true;
}

describe.each([DEBIAN, PYPI])("$title", ({ title, cases, missing }) => {
  test("every shape is the one that comes out", async (context) => {
    if (cases.length === 0) return context.skip(missing);
    const [declared, symbolic] = [emptyTally(), emptyTally()];
    let run = 0;
    for (const one of cases) {
      const feeds = await feedsOf(one);
      if (feeds && (await compare(one.name, one.model, feeds, declared, symbolic))) run++;
    }
    hold(`${title}, ${run} models run, inputs as declared`, declared);
    hold(`${title}, ${run} models run, symbols for the lengths of inputs`, symbolic);
    expect(run).toBeGreaterThan(cases.length * 0.7);
  });
});

/** The first data set by the names of the inputs; null where one is no tensor. */
async function feedsOf(one: OnnxCase): Promise<Tensors | null> {
  const { graph } = await openBytes(readFileSync(one.model));
  const { inputs } = await readData(one.data[0] ?? "");
  const names = graph.inputs.filter(({ constant, sparse }) => !constant && !sparse).map(({ name }) => name);
  const feeds: Tensors = {};
  for (const [i, name] of names.entries()) {
    const tensor = inputs[i];
    if (!tensor) return null;
    feeds[name] = tensor;
  }
  return feeds;
}

/** Runs of each model that are compared. */
const RUNS = 2;

describe("real models", () => {
  test.for(PACKAGES)("%s", async (source, context) => {
    await compareFiles(source, await filesOfPackage(context, source));
  });

  test("models of shared/", async (context) => {
    const paths = sharedFiles();
    if (!paths) return context.skip(NO_SHARED);
    await compareFiles("models of shared/", paths);
  });
});

async function compareFiles(title: string, paths: readonly string[]): Promise<void> {
  const [declared, symbolic] = [emptyTally(), emptyTally()];
  let run = 0;
  // A model of texts may want numbers in them.
  for (const path of paths) if ((await runsOf(path, declared, symbolic)) === RUNS) run++;
  expect(run).toBeGreaterThanOrEqual(paths.length - 1);
  // What goes through the branches of Silero, say, only a run tells.
  hold(`${title}, ${run} models, inputs as declared`, declared, 0.6);
  hold(`${title}, ${run} models, symbols for the lengths of inputs`, symbolic, 0);
}

/** Runs with inputs that are made up, of as many plans as it takes. */
async function runsOf(path: string, declared: Tally, symbolic: Tally): Promise<number> {
  const model: Model = await openBytes(readFileSync(path));
  const maker = await inputMaker(model, signatureOf(model), await inferContract(model, async () => null));
  let runs = 0;
  for (const plan of maker.plans) {
    const feeds = maker.make(plan, 0, 1);
    if (feeds && (await compare(`${path} ${JSON.stringify(plan)}`, path, feeds, declared, symbolic))) runs++;
    if (runs === RUNS) break;
  }
  return runs;
}
