import { type PlainError, toPlainError } from "../../../base/errors/index.ts";
import type { Placement } from "../placement.ts";
import { type AnswerBodies, openBodies } from "./bodies.ts";
import { findMade } from "./made-up.ts";
import type {
  Answer,
  Ask,
  AskBodies,
  BodiesAnswer,
  Loaded,
  LoadOrder,
  RuntimeOptions,
  Slot,
} from "./messages.ts";
import { loadModel, type Model } from "./model.ts";
import { isQuick, probe } from "./probe.ts";
import { inTurn, takingTurns } from "./turns.ts";

/** A model that was loaded where it is to run, and what its host is told of it. */
export interface Instance {
  readonly loaded: Exclude<Loaded, { error: PlainError }>;
  /** Never rejects: an error is an answer. */
  answer(ask: Ask | AskBodies): Promise<Answer | BodiesAnswer>;
  release(): Promise<void>;
}

/** @throws RUN_LOAD_FAILED, RUN_TYPE_UNSUPPORTED, and what the codec's module throws */
export async function loadInstance(order: LoadOrder): Promise<Instance> {
  if (order.original === null) return loadFrom(order, null);
  try {
    return await loadFrom(order, null);
  } catch (error) {
    return loadFrom({ ...order, ...order.original }, toPlainError(error));
  }
}

async function loadFrom(order: LoadOrder, problem: PlainError | null): Promise<Instance> {
  const hold = takingTurns(order.turns);
  const { path, tail } = order;
  const load = async (runtime: RuntimeOptions) =>
    inTurn(
      await hold(() => (tail === null ? loadModel(path, runtime) : withTail(path, tail, runtime))),
      hold,
    );
  // What most models do not need is not loaded in each one's thread.
  const profile = order.place ? await (await import("./profile.ts")).openProfile(order.runtime) : null;
  let model: Model;
  let placement: Placement | null = null;
  try {
    model = await load(profile?.options ?? order.runtime);
    if (profile) {
      const { signature } = model;
      const outputs = signature.outputs.map(({ name }) => name);
      await findMade(signature, (slots) => model.run(outputs, slots), order.known);
      placement = await profile.read(model);
    }
  } finally {
    await profile?.close();
  }
  const run = (slots: Slot[]) => model.run(model.outputs, slots);
  // Asking for an output that the binding cannot carry ends the process.
  const isReadable = model.outputs.length === model.signature.outputs.length;
  const single = order.single !== null && isReadable && (await isQuick(model.signature, run));
  if (single) {
    await model.release();
    model = await load(order.single);
  }
  const probed = order.probe ? await probe(model.signature, model.outputs, run) : null;
  const answerBodies = order.codec && (await openBodies(model, order.codec));
  return {
    loaded: { signature: model.signature, outputs: model.outputs, probed, single, placement, problem },
    answer: (ask) =>
      ask[1] === "bodies" ? (answerBodies as AnswerBodies)(ask as AskBodies) : model.answer(ask as Ask),
    release: () => model.release(),
  };
}

async function withTail(...given: Parameters<typeof import("./tail.ts").loadWithTail>): Promise<Model> {
  return (await import("./tail.ts")).loadWithTail(...given);
}
