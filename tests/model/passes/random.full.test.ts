// Random graphs through simplify: the runtime gives the answers that it gave before. MODELYARD_SEED=… draws one of them again.
import { expect, test } from "vitest";
import { SIMPLIFY } from "../../../src/model/passes/index.ts";
import type { Tensors } from "../../../src/model/tensor/index.ts";
import { isOneSeed, SEED } from "../../seed.ts";
import { bytesOfModel, openSession, runSession } from "../evaluate.ts";
import { expectSame, feedsOf, simplify } from "./answers.ts";
import { drawModel } from "./draw.ts";

const GRAPHS = 1_000;
/** Rounding that is carried through a dozen layers. */
const TOLERANCE = 1e-4;

/** Passes that fold weights, or let the runtime add in another order: every other pass keeps the bits. (The runtime's own
 * Where turns -0 into 0.) */
const ROUNDING = new Set([
  "linear-batch-norm",
  "linear-arithmetic",
  "linear-before",
  "reduce-chains",
  "gemms",
  "pads",
]);

async function answers(bytes: Uint8Array, feeds: readonly Tensors[]): Promise<Tensors[] | string> {
  try {
    // Constants are packed for other kernels than computed values: the order of sums would differ.
    const session = await openSession(bytes, { extra: { session: { disable_prepacking: "1" } } });
    const all: Tensors[] = [];
    for (const each of feeds) all.push(await runSession(session, each));
    await session.release();
    return all;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

test.each([
  ["smooth ones through all passes, within rounding", true, SIMPLIFY, TOLERANCE],
  [
    "any, through the passes that fold no weights, exactly",
    false,
    SIMPLIFY.filter(({ name }) => !ROUNDING.has(name)),
    0,
  ],
])(`${GRAPHS} random graphs: %s`, async (_, smooth, passes, tolerance) => {
  const first = SEED;
  const counts = { run: 0, refused: 0, before: 0, after: 0 };
  for (let seed = first; seed < first + (isOneSeed ? 1 : GRAPHS); seed++) {
    const model = drawModel(seed, smooth);
    const feeds = [1, 2, 3].map((n) => feedsOf(model, seed + n, { n }));
    const before = await answers(await bytesOfModel(model), feeds);
    const { report } = await simplify(model, passes).catch((error: unknown) => {
      throw new Error(`seed ${seed}`, { cause: error });
    });
    const after = await answers(await bytesOfModel(model), feeds);
    if (typeof before === "string") {
      // What the runtime refuses is no model; a few are, where a drawn shape cannot be.
      counts.refused++;
      continue;
    }
    if (typeof after === "string") throw new Error(`seed ${seed}: ${after}`);
    before.forEach((expected, i) => {
      expectSame(expected, after[i] as Tensors, tolerance, `seed ${seed}, n ${i + 1}`);
    });
    counts.run++;
    counts.before += report.nodes.before;
    counts.after += report.nodes.after;
  }
  console.log(`from seed ${first}:`, JSON.stringify(counts));
  expect(counts.run).toBeGreaterThan(isOneSeed ? -1 : GRAPHS * 0.9);
});
