// A model before and after the layout pass: the same answers of the runtime, and no more transpositions than before.
import { expect } from "vitest";
import type { Model } from "../../../src/model/index.ts";
import { layout } from "../../../src/model/passes/index.ts";
import type { Tensors } from "../../../src/model/tensor/index.ts";
import { evaluate } from "../evaluate.ts";
import { expectSame, feedsOf, simplify } from "./answers.ts";
import { ops } from "./build.ts";

/** Sums over other strides are rounded otherwise. */
const TOLERANCE = 1e-5;

export function transposesOf(model: Model): number {
  return ops(model).filter((op) => op === "Transpose").length;
}

/**
 * @returns how many there were, and how many are left
 */
export async function expectLaidOut(
  model: Model,
  where: string,
  given?: Tensors,
): Promise<readonly [before: number, after: number]> {
  const feeds = given ?? feedsOf(model, 1, { n: 3 });
  const before = transposesOf(model);
  const expected = await evaluate(model, feeds);
  await simplify(model, [layout]);
  expectSame(expected, await evaluate(model, feeds), TOLERANCE, where);
  const after = transposesOf(model);
  expect(after, `${where}: Transposes`).toBeLessThanOrEqual(before);
  return [before, after];
}
