import { fail } from "../../../base/errors/index.ts";
import type { Contract } from "../../../model/contract/contract.ts";
import type { Model } from "../../../model/graph/graph.ts";
import { signatureOf } from "../../../model/graph/index.ts";
import type { Signature, Tensor, Tensors } from "../../../model/tensor/tensor.ts";
import type { Session } from "../../runtime/session.ts";
import { inputMaker, variedPlan } from "../inputs/draw.ts";
import type { Plan } from "../inputs/plan.ts";
import type { Compared } from "./looks.ts";
import { runOrRefuse } from "./side.ts";

/** One set of inputs with what the model answered. */
export interface Draw {
  readonly feeds: Tensors;
  readonly outputs: ReadonlyMap<string, Tensor>;
}

export interface DrawOptions {
  /** Sets of inputs to be made up. @default 3 */
  readonly draws?: number;
  /** @default 1 */
  readonly seed?: number;
  /** Inputs that somebody gave: then nothing is made up. */
  readonly feeds?: Tensors;
  readonly signal?: AbortSignal;
}

export interface AskOptions extends DrawOptions {
  /** What the inputs mean, which tells how to make them up. */
  readonly contract: Contract;
}

export const DEFAULT_DRAWS = 3;
/** A model that takes longer than this for one run is asked once only. */
const SLOW_MS = 10_000;

/**
 * Answers of a model to inputs that it takes. Inputs are made up and tried until it does; what it refuses is no difference
 * between two models.
 * @param names of the outputs that are wanted
 * @returns the reason where it took none
 */
export async function collectDraws(
  { original, result, names: called }: Pick<Compared, "original" | "result" | "names">,
  session: Pick<Session, "signature" | "run">,
  names: readonly string[],
  options: AskOptions,
): Promise<{ draws: Draw[] } | { reason: string }> {
  const { draws: wanted = DEFAULT_DRAWS, seed = 1, feeds: given, contract, signal } = options;
  if (given) {
    const ran = await runOrRefuse(session, given, names, signal);
    if ("refusal" in ran) throw fail("CONVERT_INPUTS_REFUSED", { problem: ran.refusal });
    return { draws: [{ feeds: given, outputs: ran.outputs }] };
  }
  const maker = await inputMaker(
    original.model,
    shapedSignature(session.signature, original.model, result.model),
    contract,
  );
  const draws: Draw[] = [];
  let reason = "every input that was made up would be larger than a gigabyte";
  const attempt = async (plan: Plan): Promise<boolean> => {
    const feeds = maker.make(plan, draws.length, seed);
    if (!feeds) return false;
    const ran = await runOrRefuse(session, feeds, names, signal);
    if ("refusal" in ran) {
      reason = `${called.original} takes none of the inputs that were made up; of the last: ${ran.refusal}`;
      return false;
    }
    draws.push({ feeds, outputs: ran.outputs });
    return true;
  };
  let taken: Plan | null = null;
  const started = Date.now();
  for (const plan of maker.plans) {
    taken = (await attempt(plan)) ? plan : null;
    if (taken) break;
  }
  if (!taken) return { reason };
  const slow = Date.now() - started > SLOW_MS;
  for (let draw = 1; draw < wanted && !slow; draw++) {
    // The lengths that are known to work, where others do not.
    if (!(await attempt(variedPlan(taken, draw)))) await attempt(taken);
  }
  for (let more = 0; more < MORE_DRAWS && !slow && deafOutputs(draws).size > 0; more++) {
    if (!(await attempt(taken))) break;
  }
  return { draws };
}

/** Draws that are added where an output answers the same to all inputs so far. */
const MORE_DRAWS = 2;

/** Outputs of which all draws gave the same values: comparing them says little. */
export function deafOutputs(draws: readonly Draw[]): Set<string> {
  const [first, ...others] = draws;
  const deaf = new Set<string>();
  if (others.length === 0) return deaf;
  for (const [name, { data }] of first?.outputs ?? []) {
    // Of more rows than before, each is held to those of the first draw.
    const same = [first, ...others].every((draw) => {
      const all = draw?.outputs.get(name)?.data ?? [];
      for (let i = 0; i < all.length; i++) if (all[i] !== data[i % data.length]) return false;
      return true;
    });
    if (same && data.length > 0) deaf.add(name);
  }
  return deaf;
}

/**
 * The runtime's names and types with the files' shapes: the runtime does not tell a scalar from an unknown rank. A length
 * that one of the two files leaves open is the other's.
 */
function shapedSignature(signature: Signature, original: Model, result: Model): Signature {
  const shapes = (model: Model) => new Map(signatureOf(model).inputs.map(({ name, shape }) => [name, shape]));
  const [declared, other] = [shapes(original), shapes(result)];
  return {
    inputs: signature.inputs.map((spec) => {
      const shape = declared.get(spec.name);
      const twin = other.get(spec.name);
      if (shape === undefined) return spec;
      if (!shape || !twin || shape.length !== twin.length) return { ...spec, shape };
      const dims = shape.map((dim, i) =>
        typeof dim !== "number" && typeof twin[i] === "number" ? twin[i] : dim,
      );
      return { ...spec, shape: dims };
    }),
    outputs: signature.outputs,
  };
}
