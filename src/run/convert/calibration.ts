import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fail } from "../../base/errors/index.ts";
import { makeScratch, openModelSink } from "../../base/node/index.ts";
import { moreOutputs } from "../../model/formats/index.ts";
import { writeModel } from "../../model/formats/write.ts";
import { expandedSize } from "../../model/graph/count.ts";
import type { Model } from "../../model/graph/graph.ts";
import type { CalibrationMethod, Observe } from "../../model/passes/index.ts";
import { byteLengthOf, elementCount, type Tensor, type Tensors } from "../../model/tensor/index.ts";
import { openSession, type Session } from "../runtime/index.ts";
import { refusalOf } from "./verify/side.ts";

/** One input of real use, as the model takes it. */
export interface Sample {
  /** What it was made of, for messages: a file. */
  readonly name: string;
  readonly feeds: Tensors;
}

/** Real inputs, of which the ranges of a model's values are learnt. */
export interface Calibration {
  /** Each is run once; none is kept. */
  samples(signal?: AbortSignal): AsyncIterable<Sample>;
  /** @default "minmax" */
  readonly method?: CalibrationMethod;
}

/** Values that are asked for together come to this at most, whatever the model: their tensors are in memory at once. */
const MAX_BYTES = 128 * 1024 * 1024;
/** Of which nothing is known yet, so many are asked for together. */
const FIRST = 8;

/**
 * Runs a model on samples, all values of which somebody wants to see. The model is written to a file of its own, which is gone
 * afterwards.
 * @param done called with the number of samples that were seen
 * @throws CONVERT_CALIBRATION with the file that the model does not take, CONVERT_CALIBRATION_EMPTY; what `samples` throws
 */
export function observeSamples({ samples }: Calibration, done: (count: number) => void = () => {}): Observe {
  return async (model, names, see, signal) => {
    const folder = await makeScratch("calibrate");
    try {
      const path = join(folder, "model.onnx");
      await writeModel(model, await openModelSink(path), signal ? { signal } : {});
      const session = await openWatched(model, path, names, signal);
      try {
        const groups = new Grouping(names.filter((name) => !isInput(model, name)));
        const given = names.filter((name) => isInput(model, name));
        let count = 0;
        for await (const { name, feeds } of samples(signal)) {
          for (const input of given) if (feeds[input]) see(input, feeds[input]);
          await watch(session, name, feeds, groups, see, signal);
          done(++count);
        }
        if (count === 0) throw fail("CONVERT_CALIBRATION_EMPTY", {});
      } finally {
        await session.close();
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
}

function isInput({ graph }: Model, name: string): boolean {
  const value = graph.values.get(name);
  return value?.producer === null;
}

function openWatched(model: Model, path: string, names: readonly string[], signal: AbortSignal | undefined) {
  const known = new Set(model.graph.outputs.map(({ name }) => name));
  const more = names.filter((name) => !known.has(name) && !isInput(model, name)).map((name) => ({ name }));
  return openSession({
    path,
    batch: 0,
    size: expandedSize(model),
    ...(more.length > 0 ? { tail: moreOutputs(more) } : {}),
    ...(signal ? { signal } : {}),
  });
}

async function watch(
  session: Session,
  name: string,
  feeds: Tensors,
  groups: Grouping,
  see: (name: string, tensor: Tensor) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const outputs of groups.next()) {
    let answers: Tensors;
    try {
      answers = await session.run(feeds, { outputs, ...(signal ? { signal } : {}) });
    } catch (error) {
      throw fail(
        "CONVERT_CALIBRATION",
        { file: name, problem: refusalOf(error) },
        { where: name, cause: error },
      );
    }
    for (const [output, tensor] of Object.entries(answers)) {
      groups.saw(output, tensor);
      see(output, tensor);
    }
  }
}

/** Which values are asked for together: as many as fit, by how large each was in the largest sample so far. */
class Grouping {
  readonly #sizes: Map<string, number>;

  constructor(names: readonly string[]) {
    this.#sizes = new Map(names.map((name) => [name, MAX_BYTES / FIRST]));
  }

  next(): string[][] {
    const groups: string[][] = [];
    let held = Infinity;
    for (const [name, bytes] of this.#sizes) {
      if (held + bytes > MAX_BYTES) {
        groups.push([]);
        held = 0;
      }
      groups.at(-1)?.push(name);
      held += bytes;
    }
    return groups;
  }

  saw(name: string, { dtype, shape }: Tensor): void {
    const bytes = byteLengthOf(dtype, elementCount(shape, name));
    const before = this.#sizes.get(name) ?? 0;
    this.#sizes.set(name, before === MAX_BYTES / FIRST ? bytes : Math.max(before, bytes));
  }
}
