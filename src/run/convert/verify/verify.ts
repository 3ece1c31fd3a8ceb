import type { Model } from "../../../model/graph/graph.ts";
import { graphsOf, signatureOf } from "../../../model/graph/index.ts";
import type { TensorSpec } from "../../../model/tensor/tensor.ts";
import { align } from "../align.ts";
import { askAgain, askOriginal, differingFromItself } from "./ask.ts";
import { DEFAULT_TOLERANCE, type Tolerance } from "./compare.ts";
import { type Worst, worstOf } from "./compare-look.ts";
import { type Draw, deafOutputs } from "./draws.ts";
import { verifyForeign } from "./foreign.ts";
import { locateDifference } from "./locate.ts";
import { type Compared, compared, type Look, looksAtOutputs } from "./looks.ts";
import type { VerifiedOutput, VerifyOptions, VerifyReport } from "./report.ts";
import { loweredNotes, type Manner, tooLarge, type VerifiedModel } from "./side.ts";
import { problemOf, unoptimizedText } from "./text.ts";

const NAMES = { original: "the original", result: "the result" };

/**
 * Runs two models on the same inputs and compares their answers; where they differ, finds the first value in between that
 * does. One after the other, so that never both are in memory.
 * @throws CONVERT_INPUTS_REFUSED where inputs were given and the original does not take them; ABORTED, RUN_WORKER_DIED
 */
export async function verifyModels(
  original: VerifiedModel,
  result: VerifiedModel,
  options: VerifyOptions,
): Promise<VerifyReport> {
  const { tolerance = DEFAULT_TOLERANCE, signal } = options;
  const base = {
    by: null,
    draws: 0,
    given: options.feeds !== undefined,
    outputs: [],
    tolerance,
    failure: null,
    notes: loweredNotes([
      [NAMES.original, original.model],
      [NAMES.result, result.model],
    ]),
  };
  const failed = (problem: string) => ({
    ...base,
    verified: false,
    reason: null,
    failure: { problem, first: null },
  });
  const renamed = signatureChange(original.model, result.model);
  if (renamed !== null) return failed(renamed);
  if (original.model.toOnnx)
    return verifyForeign(original, result, { ...base, verified: false, reason: null }, options);
  const large = tooLarge(original) ?? tooLarge(result);
  if (large !== null) return { ...base, verified: false, reason: large };
  const of = await compared(
    original,
    result,
    await align(original.model, result.model, signal),
    NAMES,
    signal,
  );
  const { looks, left } = looksAtOutputs(of);
  const asked = await askOriginal(of, looks, options);
  if ("reason" in asked) return { ...base, verified: false, reason: asked.reason };
  const { draws, readable } = asked;
  const seen = looks.filter((look) => readable.has(look.original.name));
  const manner = { optimize: true, ...(signal ? { signal } : {}) };
  const answers = await askAgain(of, "result", seen, draws, manner);
  if ("problem" in answers) {
    const { problem, refusal } = answers;
    const failure = { problem, first: null, ...(refusal === undefined ? {} : { refusal }) };
    return { ...failed(problem), failure, draws: draws.length };
  }
  const random = await differingFromItself(of, seen, draws, answers.outputs, tolerance, manner);
  for (const output of random) {
    left.set(output, `the original itself answers otherwise each time${randomText(original.model)}`);
  }
  const checked = byOutput(seen.filter((look) => !random.has(look.output)));
  const found = new Map<string, Worst>();
  for (const [name, mine] of checked) {
    const worst = worstOf(mine, draws, answers.outputs, tolerance);
    if (worst) found.set(name, worst);
  }
  const bad = [...found].filter(([, { comparison }]) => !comparison.agrees).map(([name]) => name);
  const plain = await nodeByNode(of, bad, checked, draws, tolerance, manner);
  const failing = bad.find((name) => !plain.get(name)?.comparison.agrees);
  const worst = failing === undefined ? undefined : (plain.get(failing) ?? found.get(failing));
  const failure =
    failing !== undefined && worst
      ? {
          problem: problemOf(failing, worst.comparison, tolerance),
          first: await locateDifference(of, worst.draw.feeds, tolerance, signal),
        }
      : null;
  const deaf = deafOutputs(draws);
  const outputs = original.model.graph.outputs.map(({ name }): VerifiedOutput => {
    const worst = found.get(name);
    if (!worst) {
      const why = left.get(name) ?? "it is no tensor that the runtime's binding can read";
      return { name, identical: false, largest: 0, unoptimized: false, deaf: false, left: why };
    }
    const { comparison, identical } = worst;
    const isDeaf = checked.get(name)?.every((look) => deaf.has(look.original.name)) ?? false;
    const unoptimized = plain.get(name)?.comparison.agrees ?? false;
    const { largest, closeness } = comparison;
    const close = tolerance.norm !== undefined && closeness ? { closeness } : {};
    return { name, identical, largest, ...close, unoptimized, deaf: isDeaf, left: null };
  });
  const reason =
    checked.size === 0
      ? `no output can be compared: ${outputs[0]?.left ?? "it has none"}`
      : failure === null
        ? unoptimizedText(outputs)
        : null;
  const verified = failure === null && reason === null;
  return { ...base, draws: draws.length, verified, reason, outputs, failure };
}

/** Outputs that differ, compared again where the runtime rearranges neither graph. */
async function nodeByNode(
  of: Compared,
  names: readonly string[],
  checked: ReadonlyMap<string, readonly Look[]>,
  draws: readonly Draw[],
  tolerance: Tolerance,
  manner: Manner,
): Promise<Map<string, Worst>> {
  const found = new Map<string, Worst>();
  if (names.length === 0) return found;
  const looks = names.flatMap((name) => checked.get(name) ?? []);
  const plainly = { ...manner, optimize: false };
  const original = await askAgain(of, "original", looks, draws, plainly);
  const result = await askAgain(of, "result", looks, draws, plainly);
  const known = "outputs" in original && "outputs" in result;
  const again = known
    ? draws.map(({ feeds }, i) => ({ feeds, outputs: original.outputs[i] ?? new Map() }))
    : [];
  for (const name of names) {
    const worst = known ? worstOf(checked.get(name) ?? [], again, result.outputs, tolerance) : null;
    if (worst) found.set(name, worst);
  }
  return found;
}

function byOutput(looks: readonly Look[]): Map<string, Look[]> {
  const found = new Map<string, Look[]>();
  for (const look of looks) {
    const mine = found.get(look.output);
    if (mine) mine.push(look);
    else found.set(look.output, [look]);
  }
  return found;
}

/** How the names of what goes in and comes out differ, which a conversion keeps; null where they do not. */
function signatureChange(original: Model, result: Model): string | null {
  const [a, b] = [signatureOf(original), signatureOf(result)];
  for (const side of ["inputs", "outputs"] as const) {
    const names = (specs: readonly TensorSpec[]) => specs.map(({ name }) => name);
    const [before, after] = [names(a[side]), names(b[side])];
    const at = before.findIndex((name, i) => name !== after[i]);
    if (at >= 0) return `${side.slice(0, -1)} ${at + 1} is ${after[at] ?? "gone"} in place of ${before[at]}`;
    if (after.length > before.length)
      return `there is a further ${side.slice(0, -1)}, ${after[before.length]}`;
  }
  return null;
}

/** Operators that draw numbers, onnx.ai's and the training modes of others. */
const RANDOM_OPS = /^(Random(Normal|Uniform)(Like)?|Bernoulli|Multinomial|Dropout)$/;

function randomText(model: Model): string {
  for (const { nodes } of graphsOf(model)) {
    const found = nodes.find(({ op }) => RANDOM_OPS.test(op));
    if (found) return `, since it draws random numbers (${found.op}${found.name ? ` ${found.name}` : ""})`;
  }
  return "";
}
