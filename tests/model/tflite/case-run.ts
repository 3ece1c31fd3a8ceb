// The cases of tests/fixtures/tflite, converted and run in ONNX Runtime.
import type { InferenceSession } from "onnxruntime-node";
import type { Tensors } from "../../../src/model/tensor/index.ts";
import { bytesOfModel, openSession, runSession } from "../evaluate.ts";
import { disagreement } from "./agree.ts";
import { LEVELS, said, statesOf, toOnnx } from "./conversion.ts";
import { NOT_YET } from "./not-yet.ts";
import type { Case } from "./packs.ts";

/** What is looked up in the kernels' own tables is not a step off. */
const EXACT: ReadonlySet<string> = new Set(
  ["EXP", "LEAKY_RELU", "LOGISTIC", "RSQRT", "SOFTMAX", "TANH"].map((operator) => `${operator}/int16`),
);

/** What is wrong with the conversion of a case; null where all of it agrees. */
export async function problemOf(each: Case): Promise<string | null> {
  try {
    const bytes = await bytesOfModel(await toOnnx(each.model));
    for (const graphOptimizationLevel of LEVELS) {
      const session = await openSession(bytes, { graphOptimizationLevel }).catch((error) => said(error));
      const problem =
        typeof session === "string" ? session : await runFrames(session, bytes, each).catch(said);
      if (typeof session !== "string") await session.release();
      if (problem) return `optimised ${graphOptimizationLevel}: ${problem}`;
    }
    return null;
  } catch (error) {
    return said(error);
  }
}

async function runFrames(
  session: InferenceSession,
  bytes: Uint8Array,
  { name: caseName, frames, stateful }: Case,
): Promise<string | null> {
  const [first] = frames;
  if (!first) return "there are no frames";
  const names = {
    inputs: first.inputs.map(({ name }) => name),
    outputs: first.outputs.map(({ name }) => name),
  };
  const states = await statesOf(session, bytes, names);
  if (typeof states === "string") return states;
  if (states.count > 0 && !stateful) return "it remembers";
  const isExact = EXACT.has(caseName.split("/").slice(0, 2).join("/"));
  let carried: Tensors = {};
  for (const [number, { inputs, outputs }] of frames.entries()) {
    const feeds: Tensors = Object.fromEntries(inputs.map(({ name, tensor }) => [name, tensor]));
    const answers = await runSession(session, { ...feeds, ...states.feeds(carried) });
    for (const { name, tensor, ...bound } of outputs) {
      const problem = disagreement(tensor, answers[name], isExact ? { noise: 0, step: 0 } : bound);
      if (problem) return `frame ${number}: ${name} ${problem}`;
    }
    carried = states.carried(answers);
  }
  return null;
}

/** The problems of cases, as the list of what is known to fail wants them: what is listed must fail, and what is not must not. */
export async function unexpected(cases: readonly Case[]): Promise<string[]> {
  const problems: string[] = [];
  for (const each of cases) {
    const problem = await problemOf(each);
    const listed = notYet(each.name);
    if (problem !== null && listed === undefined) problems.push(`${each.name}: ${problem}`);
    if (problem === null && listed !== undefined)
      problems.push(`${each.name} agrees: take it from the list (${listed})`);
  }
  return problems;
}

/** Why a case fails: by its name, its operator and kind, or its operator. */
function notYet(name: string): string | undefined {
  const [operator = "", kind] = name.split("/");
  return NOT_YET.get(name) ?? NOT_YET.get(`${operator}/${kind}`) ?? NOT_YET.get(operator);
}
