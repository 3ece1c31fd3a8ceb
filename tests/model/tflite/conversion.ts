// A TFLite model through the product's own reader, conversion and writer, as a session of ONNX Runtime.
import type { InferenceSession } from "onnxruntime-node";
import {
  bufferModelSource,
  type Model,
  openModel,
  readStates,
  signatureOf,
} from "../../../src/model/index.ts";
import { type DType, type Tensor, type Tensors, tensorFromNumbers } from "../../../src/model/tensor/index.ts";

/** @throws Error where what goes in and comes out is not told as it is converted: names, order, types and shapes */
export async function toOnnx(bytes: Uint8Array, name = "case.tflite"): Promise<Model> {
  const model = await openModel(bufferModelSource(bytes, { name }));
  const lowered = await model.toOnnx?.();
  if (!lowered) return model;
  const told = JSON.stringify(signatureOf(model));
  const made = JSON.stringify(signatureOf(lowered.model));
  if (told !== made) throw new Error(`the file tells of ${told} and is converted to ${made}`);
  return lowered.model;
}

/** The graph as it is written, and as the runtime changes it by default. */
export const LEVELS = ["disabled", "all"] as const;

/** An error in one line. */
export function said(error: unknown): string {
  const { code, message } = error as { code?: string; message: string };
  return `${code ? `${code}: ` : ""}${message}`.replaceAll(/\s+/g, " ").slice(0, 400);
}

export interface States {
  readonly count: number;
  /** What the states are before a frame: nothing was carried before the first. */
  feeds(carried: Tensors): Tensors;
  /** What a frame's answer hands to the next one. */
  carried(answer: Tensors): Tensors;
}

/**
 * What a converted model remembers: inputs and outputs beyond those of its source, in the same order, which its metadata names. A
 * text says what is wrong with the signature.
 */
export async function statesOf(
  session: InferenceSession,
  bytes: Uint8Array,
  names: { readonly inputs: readonly string[]; readonly outputs: readonly string[] },
): Promise<States | string> {
  const before = session.inputNames.slice(names.inputs.length);
  const after = session.outputNames.slice(names.outputs.length);
  const signature = `${session.inputNames.slice(0, names.inputs.length)} → ${session.outputNames.slice(0, names.outputs.length)}`;
  if (signature !== `${names.inputs} → ${names.outputs}`) return `the signature is ${signature}`;
  const told = readStates((await openModel(bufferModelSource(bytes))).metadata);
  const pairs = `${told.map(({ input }) => input)} → ${told.map(({ output }) => output)}`;
  if (pairs !== `${before} → ${after}`)
    return `states go in as ${before} and come out as ${after}, but the metadata says ${pairs}`;
  return {
    count: before.length,
    feeds: (carried) =>
      Object.fromEntries(
        told.map(({ input, start = 0 }) => [input, carried[input] ?? filled(session, input, start)]),
      ),
    carried: (answer) =>
      Object.fromEntries(told.map(({ input, output }) => [input, answer[output] as Tensor])),
  };
}

function filled(session: InferenceSession, name: string, start: number): Tensor {
  const about = session.inputMetadata.find((each) => each.name === name);
  if (!about?.isTensor) throw new Error(`the state ${name} is no tensor`);
  const shape = about.shape.map((dim) => {
    if (typeof dim === "number") return dim;
    throw new Error(`the state ${name} has an open length`);
  });
  const length = shape.reduce((product, dim) => product * dim, 1);
  return tensorFromNumbers(about.type as DType, shape, new Array<number>(length).fill(start));
}
