// A TFLite model through the product's own reader, conversion and writer, and then in ONNX Runtime.
import type { InferenceSession } from "onnxruntime-node";
import { bufferModelSource, type Model, openModel } from "../../../src/model/index.ts";
import type { Tensor, Tensors } from "../../../src/model/tensor/index.ts";
import { bytesOfModel, openSession, runSession } from "../evaluate.ts";
import { disagreement } from "./agree.ts";
import { NOT_YET } from "./not-yet.ts";
import type { Case } from "./packs.ts";

export async function toOnnx(bytes: Uint8Array, name = "case.tflite"): Promise<Model> {
  const model = await openModel(bufferModelSource(bytes, { name }));
  const lowered = await model.toOnnx?.();
  return lowered ? lowered.model : model;
}

/** The graph as it is written, and as the runtime changes it by default. */
const LEVELS = ["disabled", "all"] as const;

/** What is wrong with the conversion of a case; null where all of it agrees. */
export async function problemOf(each: Case): Promise<string | null> {
  try {
    const bytes = await bytesOfModel(await toOnnx(each.model));
    for (const graphOptimizationLevel of LEVELS) {
      const session = await openSession(bytes, { graphOptimizationLevel }).catch((error) => said(error));
      const problem = typeof session === "string" ? session : await runFrames(session, each).catch(said);
      if (typeof session !== "string") await session.release();
      if (problem) return `optimised ${graphOptimizationLevel}: ${problem}`;
    }
    return null;
  } catch (error) {
    return said(error);
  }
}

/** In one line. */
function said(error: unknown): string {
  const { code, message } = error as { code?: string; message: string };
  return `${code ? `${code}: ` : ""}${message}`.replaceAll(/\s+/g, " ").slice(0, 400);
}

async function runFrames(session: InferenceSession, { frames, stateful }: Case): Promise<string | null> {
  const [first] = frames;
  if (!first) return "there are no frames";
  const names = {
    inputs: first.inputs.map(({ name }) => name),
    outputs: first.outputs.map(({ name }) => name),
  };
  const states = session.inputNames.slice(names.inputs.length);
  const after = session.outputNames.slice(names.outputs.length);
  const signature = `${session.inputNames.slice(0, names.inputs.length)} → ${session.outputNames.slice(0, names.outputs.length)}`;
  if (signature !== `${names.inputs} → ${names.outputs}`) return `the signature is ${signature}`;
  if (states.length !== after.length || (states.length > 0 && !stateful))
    return `states go in as ${states}, and come out as ${after}`;
  let carried: Tensors = {};
  for (const [number, { inputs, outputs }] of frames.entries()) {
    const feeds: Tensors = Object.fromEntries(inputs.map(({ name, tensor }) => [name, tensor]));
    for (const name of states) feeds[name] = carried[name] ?? zeros(session, name);
    const answers = await runSession(session, feeds);
    for (const { name, tensor, ...bound } of outputs) {
      const problem = disagreement(tensor, answers[name], bound);
      if (problem) return `frame ${number}: ${name} ${problem}`;
    }
    carried = Object.fromEntries(states.map((name, i) => [name, answers[after[i] as string] as Tensor]));
  }
  return null;
}

function zeros(session: InferenceSession, name: string): Tensor {
  const about = session.inputMetadata.find((each) => each.name === name);
  if (!about?.isTensor) throw new Error(`the state ${name} is no tensor`);
  const shape = about.shape.map((dim) => (typeof dim === "number" && dim > 0 ? dim : 1));
  const length = shape.reduce((product, dim) => product * dim, 1);
  if (about.type !== "float32") throw new Error(`the state ${name} is of ${about.type}`);
  return { dtype: "float32", shape, data: new Float32Array(length) };
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
