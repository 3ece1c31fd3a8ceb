import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fail } from "../../base/errors/index.ts";
import { makeScratch, openModelSink, openModelSource } from "../../base/node/index.ts";
import { openModel } from "../../model/formats/open.ts";
import { writeModel } from "../../model/formats/write.ts";
import type { Model } from "../../model/graph/graph.ts";
import { type Pass, type PassContext, runPasses } from "../../model/passes/index.ts";
import type { Tensor, Tensors } from "../../model/tensor/tensor.ts";
import { percent } from "./closeness.ts";
import { type ContractSource, contractOf } from "./contract.ts";
import { compareTensors } from "./verify/compare.ts";
import { collectDraws, type Draw } from "./verify/draws.ts";
import { openCompared, refusalOf, runOrRefuse } from "./verify/side.ts";

/** What may stay as it is so that answers stay near enough. */
export interface Mixing {
  /** What can be kept, in the order of the graph. The model may be changed. */
  units(model: Model, context: PassContext): Promise<readonly Unit[]>;
  /** Passes that bring everything but the kept to the precision, as it is to be measured. */
  passes(kept: ReadonlySet<string>): readonly Pass[];
}

export interface Unit {
  readonly name: string;
  /** What it costs to keep it, beside the others. */
  readonly price: number;
}

export interface MixChoice {
  /** How far answers may be off: ‖a − b‖ / ‖a‖ of every output. */
  readonly tolerance: number;
  /** What the inputs mean, which tells how to make them up. */
  readonly contract: ContractSource;
  /** Inputs that somebody gave; else they are made up. */
  readonly feeds?: Tensors;
}

/** Variants that are looked at before it is decided which units stay: each is written and run. */
const MAX_LOOKS = 40;
/** Parts that a model is cut into first. */
const PARTS = 4;

/** A run of units, and by how much answers are off where only these are brought to the precision. */
interface Part {
  readonly units: readonly Unit[];
  readonly off: number;
}

/**
 * Which units must stay so that answers are off by no more than the tolerance. Parts of the graph are brought to the precision one
 * by one, what costs most is cut in halves again and again; then what costs most for its size stays, as little of it as will do.
 * @param model is not changed
 * @throws CONVERT_TOLERANCE where not even with all of them kept answers are near enough
 */
export async function mix(
  model: Model,
  mixing: Mixing,
  { tolerance, contract, feeds }: MixChoice,
  context: PassContext,
): Promise<ReadonlySet<string>> {
  const { signal } = context;
  const folder = await makeScratch("mix");
  try {
    const path = join(folder, "model.onnx");
    await writeModel(model, await openModelSink(path), signal ? { signal } : {});
    const units = await readCopy(path, context, async (copy) => mixing.units(copy, context));
    if (units.length === 0) return new Set();
    const given = feeds ? { feeds } : {};
    const draws = await ask({ path, model }, { contract: await contractOf(contract), ...given }, signal);
    const off = (kept: ReadonlySet<string>) =>
      measure(path, join(folder, "variant.onnx"), mixing.passes(kept), draws, context);
    return await choose(units, tolerance, off);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param off by how much answers are off where some units stay */
async function choose(
  units: readonly Unit[],
  tolerance: number,
  off: (kept: ReadonlySet<string>) => Promise<number>,
): Promise<ReadonlySet<string>> {
  if ((await off(new Set())) <= tolerance) return new Set();
  const nearest = await off(namesOf(units));
  if (nearest > tolerance)
    throw fail("CONVERT_TOLERANCE", { tolerance: percent(tolerance), nearest: percent(nearest, tolerance) });
  let looks = 2;
  const look = async (some: readonly Unit[]): Promise<Part> => {
    looks++;
    const lowered = new Set(some);
    return { units: some, off: await off(namesOf(units.filter((unit) => !lowered.has(unit)))) };
  };
  const parts: Part[] = [];
  const size = Math.ceil(units.length / PARTS);
  for (let at = 0; at < units.length; at += size) parts.push(await look(units.slice(at, at + size)));
  while (looks < MAX_LOOKS) {
    const worst = parts.reduce<number>((at, part, i) => {
      if (part.units.length === 1) return at;
      return at < 0 || part.off > (parts[at] as Part).off ? i : at;
    }, -1);
    const cut = parts[worst];
    if (!cut) break;
    const half = Math.ceil(cut.units.length / 2);
    parts.splice(worst, 1, await look(cut.units.slice(0, half)), await look(cut.units.slice(half)));
  }
  const order = [...parts].sort((a, b) => costOf(b) - costOf(a));
  const first = (count: number) => namesOf(order.slice(0, count).flatMap((part) => part.units));
  // The more stay, the nearer: with none it is too far, with all it is near enough.
  let [few, enough] = [0, order.length];
  while (enough - few > 1) {
    const count = Math.floor((few + enough) / 2);
    if ((await off(first(count))) <= tolerance) enough = count;
    else few = count;
  }
  return first(enough);
}

function namesOf(units: readonly Unit[]): Set<string> {
  return new Set(units.map(({ name }) => name));
}

/** What a part costs for its price. Errors of parts that have nothing to do with each other add up as squares. */
function costOf({ off, units }: Part): number {
  return (off * off) / units.reduce((sum, { price }) => sum + price, 0);
}

async function ask(
  original: { readonly path: string; readonly model: Model },
  options: { contract: Awaited<ReturnType<typeof contractOf>>; feeds?: Tensors },
  signal: AbortSignal | undefined,
): Promise<Draw[]> {
  const refuse = (problem: string) => fail("CONVERT_MIX_UNKNOWN", { problem });
  const session = await openCompared(original, [], { optimize: true, ...(signal ? { signal } : {}) }).catch(
    (error: unknown) => {
      throw refuse(refusalOf(error));
    },
  );
  try {
    const names = session.signature.outputs.map(({ name }) => name);
    const of = { original, result: original, names: { original: "the original", result: "the result" } };
    const drawn = await collectDraws(of, session, names, { ...options, ...(signal ? { signal } : {}) });
    if ("reason" in drawn) throw refuse(drawn.reason);
    return drawn.draws;
  } finally {
    await session.close();
  }
}

/** By how much the answers of a variant are off, at worst; infinite where the runtime does not take it. */
async function measure(
  path: string,
  variant: string,
  passes: readonly Pass[],
  draws: readonly Draw[],
  context: PassContext,
): Promise<number> {
  const { signal } = context;
  signal?.throwIfAborted();
  return readCopy(path, context, async (copy) => {
    const { model } = await runPasses(copy, passes, context, { maxRounds: 1 });
    await writeModel(model, await openModelSink(variant), signal ? { signal } : {});
    const session = await openCompared({ path: variant, model }, [], {
      optimize: true,
      ...(signal ? { signal } : {}),
    });
    try {
      let worst = 0;
      for (const { feeds, outputs } of draws) {
        const ran = await runOrRefuse(session, feeds, [...outputs.keys()], signal);
        if ("refusal" in ran) return Infinity;
        for (const [name, tensor] of outputs) worst = Math.max(worst, offBy(tensor, ran.outputs.get(name)));
      }
      return worst;
    } finally {
      await session.close();
    }
  });
}

/** Opens a model for as long as somebody works with it, who may change it. */
async function readCopy<T>(
  path: string,
  { signal }: PassContext,
  work: (model: Model) => Promise<T>,
): Promise<T> {
  const source = await openModelSource(path);
  try {
    return await work(await openModel(source, signal));
  } finally {
    await source.close();
  }
}

const ANY = { absolute: 0, relative: 0, norm: Infinity };

/** ‖a − b‖ / ‖a‖ of floats; of anything else nothing is said. */
function offBy(a: Tensor, b: Tensor | undefined): number {
  if (!b) return Infinity;
  const { largest, closeness } = compareTensors(a, b, ANY);
  if (!closeness) return largest < Infinity ? 0 : Infinity;
  return largest < Infinity && Number.isFinite(closeness.relative) ? closeness.relative : Infinity;
}
