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
    const feeds = [0, 1, 3].map((more) => feedsOf(model, lengths, more));
    const runs = await actualRuns(file, "/", feeds);
    expect(runs[0] ?? null, `seed ${seed + i}: the graph runs`).not.toBeNull();
    for (const [run, answers] of runs.entries()) {
      if (!answers) continue;
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

/** Zeros of the lengths for which the graph was written, those with names longer by so many. */
function feedsOf(model: Model, lengths: RandomGraph["lengths"], more: number): Tensors {
  const feeds: Tensors = {};
  for (const { name, type } of model.graph.inputs) {
    const shape = (lengths.get(name) ?? []).map((length, axis) =>
      type?.kind === "tensor" && typeof type.shape?.[axis] === "string" ? length + more : length,
    );
    const data = new Float32Array(shape.reduce((product, dim) => product * dim, 1));
    feeds[name] = { dtype: "float32", shape, data };
  }
  return feeds;
}
