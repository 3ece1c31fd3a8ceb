// Random graphs, inferred with symbols and run with several lengths for them.
import { expect } from "vitest";
import {
  bufferModelSink,
  inferTypes,
  type Model,
  type Tensors,
  writeModel,
} from "../../../src/model/index.ts";
import { random } from "../../serve/random.ts";
import { compareActual, emptyTally, type Tally } from "./actual.ts";
import { growGraph, type RandomGraph } from "./grow.ts";
import { actualRuns } from "./runtime-types.ts";

export interface RandomTally extends Tally {
  /** Graphs that ran with the lengths for which they were written. */
  graphs: number;
  /** Runs with other lengths: not every graph takes them. */
  others: number;
}

/** The lengths for which a graph is written, and others in their place. */
const OTHERS: readonly ((length: number) => number)[] = [
  (length) => length,
  (length) => length + 1,
  (length) => length + 3,
  () => 1,
];

/** @param seed of the first graph; the others follow */
export async function compareRandom(seed: number, graphs: number, steps: number): Promise<RandomTally> {
  const tally: RandomTally = { ...emptyTally(), graphs: 0, others: 0 };
  for (let i = 0; i < graphs; i++) {
    const next = random(seed + i);
    const { builder, lengths } = growGraph(next, steps);
    const { model } = builder;
    const types = await inferTypes(model);
    const sink = bufferModelSink("random.onnx");
    await writeModel(model, sink);
    const file = sink.files.get("random.onnx") as Uint8Array;
    const feeds = OTHERS.map((other) => feedsOf(model, lengths, other));
    const runs = await actualRuns(file, "/", feeds);
    expect(runs[0] ?? null, `seed ${seed + i}: the graph runs`).not.toBeNull();
    for (const [run, answers] of runs.entries()) {
      // With other lengths a slice may be empty, and what Reshape and Concat make of that is not followed.
      const isEmpty =
        run > 0 &&
        [...(answers?.values() ?? [])].some(({ dims, type }) => type === "float32" && dims.includes(0));
      if (!answers || isEmpty) continue;
      if (run === 0) tally.graphs++;
      else tally.others++;
      compareActual(tally, `seed ${seed + i}, run ${run}`, model, types, feeds[run] as Tensors, answers);
    }
    const problems = types.contradictions.map(
      ({ node, problem }) => `${node?.op} ${node?.outputs[0]?.name}: ${problem}`,
    );
    expect(problems, `seed ${seed + i}`).toEqual([]);
  }
  return tally;
}

/** Zeros of these lengths, those with names changed. */
function feedsOf(model: Model, lengths: RandomGraph["lengths"], other: (typeof OTHERS)[number]): Tensors {
  const feeds: Tensors = {};
  for (const { name, type } of model.graph.inputs) {
    const declared = type?.kind === "tensor" ? type.shape : null;
    const shape = (lengths.get(name) ?? []).map((length, axis) =>
      typeof declared?.[axis] === "string" ? other(length) : length,
    );
    const data = new Float32Array(shape.reduce((product, dim) => product * dim, 1));
    feeds[name] = { dtype: "float32", shape, data };
  }
  return feeds;
}
