import { fail } from "../../../base/errors/index.ts";
import type { ScoresOutput, TextInput } from "../../../model/contract/contract.ts";
import { type DType, type TensorSpec, type Tensors, tensorFromNumbers } from "../../../model/tensor/index.ts";
import { type Tokens, tokenizerOf } from "../../media/text/index.ts";
import { calibrationOf } from "../calibration.ts";
import { classesAnswer } from "../classes-answer.ts";
import { countOption, describeInput, inputOf, mainSession, outputOf, unwrap } from "../inputs.ts";
import { type ClassScore, rank } from "../rank.ts";
import { activate, floatsOf } from "../scores.ts";
import type { Task, TaskContext, TaskInput } from "../task.ts";
import { head } from "./head.ts";

const ID = head.id;
/** Classes of an answer where nobody says how many. */
const DEFAULT_TOP = 5;
/** Longest text, a thousand pages: a model reads some hundred words of it. */
const MAX_CHARACTERS = 2 ** 21;

/** Says what kind of text it is, or in which mood. Options: `top` or `top_k` (how many classes, 5). */
export const textClassification: Task = {
  ...head,
  accepts: { kind: "text", mediaTypes: ["text/plain", "application/json"] },
  options: ["top", "top_k"],
  answer: classesAnswer("Classes, best first."),
  async *run(context, given, signal) {
    const { contract, options, lists } = context;
    const { name, output } = outputOf(contract, "scores") as { name: string; output: ScoresOutput };
    const top = countOption(options, ["top", "top_k"], DEFAULT_TOP);
    const { feeds, warnings } = readFeeds(context, given);
    const outputs = await mainSession(context).run(feeds, {
      outputs: [output.tensor],
      ...(signal ? { signal } : {}),
    });
    const { values, shape, shown } = floatsOf(outputs, output.tensor, ID);
    if (shape.filter((length) => length !== 1).length > 1 || values.length === 0) {
      const found = `[${shape.join(", ")}]`;
      throw fail("TASK_OUTPUT", { tensor: output.tensor, task: ID, found, wanted: "one row of scores" });
    }
    const calibrate = calibrationOf(output.calibration, lists[`outputs.${name}.calibration.parameters`]);
    const active = activate(values, values.length, output.activation, output.quantization);
    const scores = calibrate ? Float64Array.from(active, (score, i) => calibrate(i, score)) : active;
    const labels = context.labels[name] ?? null;
    const named = labels?.length === scores.length ? labels : null;
    const least = output.threshold ?? Number.NEGATIVE_INFINITY;
    const value = rank(scores, named, top)
      .filter(({ score }) => !(score < least))
      .map(({ label, score }) => ({ label, score: shown(score) }));
    yield { type: "answer", value, warnings };
  },
  example: async () => ({
    mediaType: "text/plain",
    bytes: new TextEncoder().encode("A wonderful film, and the best that I have seen in years."),
    name: "review.txt",
  }),
  print: (answer) =>
    (answer as ClassScore[]).map(({ label, score }) => `${score.toFixed(4)}  ${label}`).join("\n"),
};

function readFeeds(context: TaskContext, given: TaskInput): { feeds: Tensors; warnings: string[] } {
  const { contract, lists } = context;
  const input = inputOf(contract, "text") as TextInput;
  const name = Object.keys(contract.inputs).find((each) => contract.inputs[each] === input) ?? "";
  if (given.kind === "tensors") return { feeds: given.tensors, warnings: [] };
  const text = readText(given, Object.keys(contract.inputs));
  if (typeof input.tokenizer !== "object" || input.tokenizer === null) {
    throw fail("TASK_TOKENIZER", { problem: `nothing tells the tokenizer of the input ${name}` });
  }
  const specs = mainSession(context).signature.inputs;
  const length = lengthOf(input, specs);
  const tokenize = tokenizerOf(input.tokenizer, lists[`inputs.${name}.tokenizer.vocabulary`] ?? []);
  const tokens = tokenize(text, length ?? input.maxLength);
  const warnings: string[] = [];
  if (tokens.whole > tokens.ids.length) {
    warnings.push(
      `The text has ${tokens.whole} tokens, of which the model reads the first ${tokens.ids.length}.`,
    );
  }
  return { feeds: feedsOf(input, specs, tokens, length), warnings };
}

function readText(given: TaskInput, names: readonly string[]): string {
  const value =
    given.kind === "text"
      ? given.text
      : given.kind === "json"
        ? unwrap(given.value, names)
        : fromBytes(given);
  if (typeof value === "string" && value.length <= MAX_CHARACTERS) return value;
  throw fail("TASK_INPUT_KIND", {
    task: "The task",
    wanted: `a text of at most ${MAX_CHARACTERS} characters`,
    given: describeInput(given),
  });
}

function fromBytes(given: TaskInput): string | null {
  if (given.kind !== "bytes") return null;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(given.bytes);
  } catch {
    // Whoever asks is told what was wanted.
    return null;
  }
}

/** Tokens that the model takes, where it takes a fixed number. */
function lengthOf({ tensors }: TextInput, specs: readonly TensorSpec[]): number | null {
  const last = specs.find(({ name }) => name === tensors.ids)?.shape?.at(-1);
  return typeof last === "number" ? last : null;
}

/** What each role gets at a token of the text and behind its end; the types are all of the first text. */
const ROLES: Readonly<Record<string, (tokens: Tokens, i: number) => number>> = {
  ids: ({ ids, pad }, i) => ids[i] ?? pad,
  mask: ({ ids }, i) => (i < ids.length ? 1 : 0),
  types: () => 0,
  positions: (_tokens, i) => i,
};

function feedsOf(
  { tensors }: TextInput,
  specs: readonly TensorSpec[],
  tokens: Tokens,
  length: number | null,
): Tensors {
  const count = length ?? tokens.ids.length;
  const feeds: Tensors = {};
  for (const [role, tensor] of Object.entries(tensors)) {
    const spec = specs.find(({ name }) => name === tensor);
    const valueAt = Object.hasOwn(ROLES, role) ? ROLES[role] : undefined;
    if (!spec || !valueAt) throw fail("TASK_TOKENIZER", { problem: `it makes nothing for the role ${role}` });
    const values = Array.from({ length: count }, (_, i) => valueAt(tokens, i));
    const shape = spec.shape?.length === 1 ? [count] : [1, count];
    feeds[tensor] = tensorFromNumbers(spec.dtype as DType, shape, values);
  }
  return feeds;
}
