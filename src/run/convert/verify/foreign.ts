import { nameText, readStates } from "../../../model/graph/index.ts";
import type { Tensors } from "../../../model/tensor/tensor.ts";
import { findRuntime } from "../source/session.ts";
import { allowanceFor } from "./allowance.ts";
import { type Comparison, compareTensors, DEFAULT_TOLERANCE } from "./compare.ts";
import type { Answers } from "./compare-look.ts";
import { collectDraws, DEFAULT_DRAWS, type Draw, deafOutputs } from "./draws.ts";
import { locateForeign } from "./foreign-locate.ts";
import { openSides, type Sides } from "./foreign-sides.ts";
import type { VerifiedOutput, VerifyOptions, VerifyReport } from "./report.ts";
import { tooLarge, type VerifiedModel } from "./side.ts";
import { problemOf } from "./text.ts";

/** Frames of a stateful model, which all belong to one stream: what it keeps has come back by then. */
const FRAMES = 8;

/**
 * Runs a model of another format in a runtime of its own, where one is installed, and the result on the same inputs.
 * @throws CONVERT_INPUTS_REFUSED, ABORTED, RUN_WORKER_DIED
 */
export async function verifyForeign(
  original: VerifiedModel,
  result: VerifiedModel,
  base: VerifyReport,
  options: VerifyOptions,
): Promise<VerifyReport> {
  const not = (reason: string): VerifyReport => ({ ...base, reason });
  const large = tooLarge(result);
  if (large !== null) return not(large);
  const found = await findRuntime(original.model, original.path);
  if ("reason" in found) return not(found.reason);
  const by = found.name;
  const states = readStates(result.model.metadata);
  await using sides = openSides(original.model, result, found, states, options.signal);
  const source = await sides.openOriginal();
  if ("refusal" in source) return not(`${by} cannot run the original: ${source.refusal}`);
  const { draws: wanted = states.length > 0 ? FRAMES : DEFAULT_DRAWS } = options;
  const names = source.signature.outputs.map(({ name }) => name);
  // The result tells what can be fed: its graph speaks operators of which that is known.
  const asked = await collectDraws(
    { original: result, result, names: { original: by, result: "the result" } },
    source,
    names,
    { ...options, draws: wanted },
  );
  if ("reason" in asked) return not(asked.reason);
  const { draws } = asked;
  const ran = { ...base, by, draws: draws.length };
  const answers = await sides.askResult(draws, names, {});
  if ("refusal" in answers) {
    const problem = `${by} takes inputs that the result does not: ${answers.refusal}`;
    return { ...ran, failure: { problem, first: null } };
  }
  const cut = cutOutput(draws, answers.outputs);
  if (cut !== null)
    return not(`${by} gives of output ${nameText(cut)} one number, since the file tells no shape of it`);
  const compared = await compareOutputs(sides, names, draws, answers.outputs, options);
  const deaf = deafOutputs(draws);
  const outputs = names.map((name): VerifiedOutput => {
    const mine = compared.get(name) ?? [];
    const largest = Math.max(0, ...mine.map((each) => each.largest));
    const identical = mine.every((each) => each.identical);
    const [farthest] = mine
      .flatMap(({ closeness }) => closeness ?? [])
      .sort((a, b) => b.relative - a.relative);
    const close = farthest ? { closeness: farthest } : {};
    return { name, identical, largest, ...close, unoptimized: false, deaf: deaf.has(name), left: null };
  });
  for (const name of names) {
    const at = compared.get(name)?.findIndex(({ agrees }) => !agrees) ?? -1;
    const bad = compared.get(name)?.[at];
    if (!bad) continue;
    const rough = found.runtime.rough?.(original.model) ?? null;
    if (rough !== null)
      return { ...ran, outputs, reason: `${problemOf(name, bad, base.tolerance)}: ${by} computes ${rough}` };
    const first = await locateForeign(
      original.model,
      result.model,
      sides,
      draws.slice(0, at + 1),
      base.tolerance,
    );
    return { ...ran, outputs, failure: { problem: problemOf(name, bad, base.tolerance), first } };
  }
  return { ...ran, verified: true, outputs };
}

/** An output that the original gives as one number and the result as many: of a file that leaves its rank out. */
function cutOutput(draws: readonly Draw[], answers: readonly Answers[]): string | null {
  for (const [i, { outputs }] of draws.entries()) {
    for (const [name, { shape }] of outputs)
      if (shape.length === 0 && (answers[i]?.get(name)?.shape.length ?? 0) > 0) return name;
  }
  return null;
}

/** How each output compares, draw by draw. What is too far apart is held to how far both sides are apart from themselves. */
async function compareOutputs(
  sides: Sides,
  names: readonly string[],
  draws: readonly Draw[],
  answers: readonly Answers[],
  { tolerance = DEFAULT_TOLERANCE }: VerifyOptions,
): Promise<Map<string, Comparison[]>> {
  const compare = (noises: readonly Noise[]) =>
    new Map(
      names.map((name) => [
        name,
        draws.map((draw, i) => {
          const [a, b] = [draw.outputs.get(name), answers[i]?.get(name)];
          if (!a || !b) throw new Error(`output ${name} was not given`);
          const noise = Math.max(0, ...noises.map((noiseOf) => noiseOf(name)));
          return compareTensors(a, b, tolerance, allowanceFor(a, noise));
        }),
      ]),
    );
  const first = compare([]);
  if ([...first.values()].flat().every(({ agrees }) => agrees)) return first;
  const told = async (asking: ReturnType<Sides["askResult"]>) => {
    const said = await asking;
    return "refusal" in said ? null : said.outputs;
  };
  const nudged = draws.map(({ feeds }) => ({ feeds: nudge(feeds) }));
  const own = draws.map(({ outputs }) => outputs);
  return compare([
    noiseBetween(answers, await told(sides.askResult(draws, names, { optimize: false }))),
    noiseBetween(answers, await told(sides.askResult(nudged, names, {}))),
    noiseBetween(own, await told(sides.askOriginal(draws, names, { kernels: 1 }))),
  ]);
}

/**
 * The same inputs with the last three bits of every float32 turned over, which is what a sum over some hundred terms loses: a model
 * that minds it cannot be held to its last bits.
 */
function nudge(feeds: Tensors): Tensors {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, tensor]) => {
      if (tensor.dtype !== "float32") return [name, tensor];
      const data = (tensor.data as Float32Array).slice();
      const bits = new Uint32Array(data.buffer);
      for (let i = 0; i < bits.length; i++) if (Number.isFinite(data[i])) bits[i] = (bits[i] as number) ^ 7;
      return [name, { ...tensor, data }];
    }),
  );
}

/** How far apart two ways of computing the same are in an output, on whichever draw they are most: one draw says little of a rare value. */
type Noise = (name: string) => number;

function noiseBetween(one: readonly Answers[], other: readonly Answers[] | null): Noise {
  return (name) => {
    const noises = one.map((answers, draw) => {
      const [a, b] = [answers.get(name), other?.[draw]?.get(name)];
      return a && b ? compareTensors(a, b).largest : 0;
    });
    return Math.max(0, ...noises.filter(Number.isFinite));
  };
}
