// Where the thread starts that reads large bodies: one after the other, in the order in which they came.
import { parentPort } from "node:worker_threads";
import { toPlainError } from "../../../base/errors/index.ts";
import type { Tensors } from "../../../model/tensor/tensor.ts";
import { inputOfJson } from "../../../run/pipeline/named.ts";
import { type TaskInput, type TaskQuestion, textOrFile } from "../rest/task-input.ts";
import { type PlanSource, planOf } from "../wire/plan.ts";
import { readEnvelope, readQuestion } from "../wire/read-request.ts";
import { readTaskJson } from "../wire/task-json.ts";
import type { BodyAsk, BodyReply, ReadInfer } from "./messages.ts";

const port = parentPort;
if (port === null) throw new Error("This module is started by the server, in a worker thread.");

port.on("message", (ask: BodyAsk) => {
  try {
    const value = read(ask);
    answer({ id: ask.id, value }, memoryOf(value));
  } catch (error) {
    answer({ id: ask.id, error: toPlainError(error) });
  }
});

function answer(reply: BodyReply, moved: ArrayBuffer[] = []): void {
  port?.postMessage(reply, moved);
}

function read(ask: BodyAsk): ReadInfer | TaskQuestion {
  const bytes = Buffer.from(ask.bytes.buffer, ask.bytes.byteOffset, ask.bytes.byteLength);
  if (ask.kind === "infer") return readInfer(bytes, ask.plan);
  const { inputs, parameters, exactly } = readTaskJson(bytes);
  const input =
    typeof inputs === "string" ? textOrFile(ask.of.accepts, inputs) : inputOfJson(inputs, exactly, ask.of);
  return { input: owned(input), parameters };
}

function readInfer(bytes: Buffer, plan: PlanSource): ReadInfer {
  const envelope = readEnvelope(bytes);
  const { id, parameters } = envelope;
  try {
    return { id, parameters, question: readQuestion(planOf(plan), envelope) };
  } catch (error) {
    return { id, parameters, question: { error: toPlainError(error) } };
  }
}

/** A small file may lie in memory that Node shares among buffers, which cannot be moved. */
function owned(input: TaskInput): TaskInput {
  return input.kind === "bytes" ? { ...input, bytes: new Uint8Array(input.bytes) } : input;
}

/** What is moved rather than copied: small tensors share the memory of others that are still to come. */
function memoryOf(value: ReadInfer | TaskQuestion): ArrayBuffer[] {
  const whole = arraysOf(value).filter(({ buffer, byteLength }) => byteLength === buffer.byteLength);
  return [...new Set(whole.map(({ buffer }) => buffer))].filter((buffer) => buffer instanceof ArrayBuffer);
}

function arraysOf(value: ReadInfer | TaskQuestion): ArrayBufferView[] {
  if ("question" in value) return "feeds" in value.question ? viewsOf(value.question.feeds) : [];
  const { input } = value;
  if (input.kind === "bytes") return [input.bytes];
  if (input.kind === "pixels") return [input.pixels.data];
  return input.kind === "tensors" ? viewsOf(input.tensors) : [];
}

/** Texts are no typed arrays. */
function viewsOf(tensors: Tensors): ArrayBufferView[] {
  return Object.values(tensors).flatMap(({ data }) => (ArrayBuffer.isView(data) ? [data] : []));
}
