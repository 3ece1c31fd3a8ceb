import { checkBounds, narrow } from "../../../run/pipeline/bounds.ts";
import type { Codec, CodecModel, Question } from "../../../run/pipeline/index.ts";
import { namedAnswer, namedTensors } from "../../../run/pipeline/named.ts";
import type { CodecOptions } from "./codec-order.ts";
import { planOf } from "./plan.ts";
import { readEnvelope, readQuestion } from "./read-request.ts";
import { readTaskJson, TASK_DIALECT } from "./task-json.ts";
import { writeResponse } from "./write-response.ts";

interface ProtocolQuestion extends Question {
  readonly id: string | undefined;
  readonly dialect: string;
}

/** See CodecOrder. A frame of a sequence, and a question with a time limit of its own, are left to the server. */
export function openCodec(options: CodecOptions, model: CodecModel): Codec<ProtocolQuestion> {
  const signature = narrow(model.signature, options.signature);
  const plan = planOf({ ...options, signature, stateful: false, maxBatch: model.merges ? 2 : 1 });
  const rows = options.file.serving?.max_batch;
  const check = checkBounds(model.signature, signature, { model: options.id.name, rows });
  const readTask = (bytes: Buffer): ProtocolQuestion | null => {
    const asked = readTaskJson(bytes);
    // A text is no tensors; the task says so in the words that it has for all its inputs.
    if (typeof asked.inputs === "string") return null;
    const feeds = namedTensors(asked, signature, options.contract);
    check(feeds);
    return { feeds, outputs: plan.allOutputs, id: undefined, dialect: TASK_DIALECT };
  };
  return {
    read(body, dialect) {
      const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
      if (dialect === TASK_DIALECT) return readTask(bytes);
      const envelope = readEnvelope(bytes);
      const { sequence, timeoutUs } = envelope.parameters;
      if (sequence !== null || timeoutUs !== undefined) return null;
      const { feeds, outputs } = readQuestion(plan, envelope);
      return { feeds, outputs, id: envelope.id, dialect };
    },
    write: (question, outputs) =>
      question.dialect === TASK_DIALECT
        ? JSON.stringify(namedAnswer(outputs))
        : writeResponse(plan, outputs, question.outputs, question.id),
  };
}
