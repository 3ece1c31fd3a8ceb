import { fail, isModelyardError } from "../../../base/errors/index.ts";
import type { Tensors } from "../../../model/tensor/tensor.ts";
import { inputMaker } from "../../convert/inputs/draw.ts";
import { type LoadedModel, type OpenedModel, whereText } from "../../pipeline/index.ts";
import type { Subject } from "../load/subject.ts";
import { usageOfAll } from "./processes.ts";

/**
 * A model in this process, or in one that it has started, asked through its session as a program would. What asks takes processor time too, and is counted.
 * @param feeds what it is asked; made up where left out
 * @throws BENCH_NO_INPUT where the model takes nothing that was made up
 */
export async function inProcess(
  model: LoadedModel<OpenedModel>,
  feeds?: Tensors,
  signal?: AbortSignal,
): Promise<Subject> {
  const given = feeds ?? (await madeUp(model, signal));
  const stats = model.session.stats();
  const place = [
    "in this process",
    whereText(stats, model.choice),
    `${stats.instances} × ${stats.threads} ${stats.threads === 1 ? "thread" : "threads"}`,
  ].join(", ");
  return {
    name: model.opened.name,
    place,
    ask: async () => void (await answer(model, given)),
    usage: usageOfAll,
    close: () => model.close(),
  };
}

/** Each request of a model that remembers is the first frame of a stream of its own. */
function answer(model: LoadedModel<OpenedModel>, feeds: Tensors): Promise<Tensors> {
  return model.stateful ? model.stream().run(feeds) : model.infer(feeds);
}

const SEED = 1;

/** Inputs of one row that the model takes, or of more where it takes no other. @throws BENCH_NO_INPUT */
async function madeUp(model: LoadedModel<OpenedModel>, signal?: AbortSignal): Promise<Tensors> {
  const { opened, signature } = model;
  const maker = await inputMaker(opened.model, signature, opened.contract);
  const states = new Set(Object.values(opened.contract.states).map(({ input }) => input));
  let problem = "it would have to be larger than a gigabyte";
  for (const plan of [...maker.plans].sort((a, b) => a.rows - b.rows)) {
    signal?.throwIfAborted();
    const made = maker.make(plan, 0, SEED);
    if (!made) continue;
    const feeds = Object.fromEntries(Object.entries(made).filter(([name]) => !states.has(name)));
    try {
      await answer(model, feeds);
      return feeds;
    } catch (error) {
      if (!isModelyardError(error)) throw error;
      problem = error.message;
    }
  }
  throw fail("BENCH_NO_INPUT", { problem });
}
