import { narrow } from "../../../run/pipeline/bounds.ts";
import type { Codec, CodecModel, CodecOrder, Question, SpokenModel } from "../../../run/pipeline/index.ts";
import { type PlanSource, planOf } from "./plan.ts";
import { readEnvelope, readQuestion } from "./read-request.ts";
import { writeResponse } from "./write-response.ts";

/** What the codec must know of a model, besides what the thread that has it knows. */
type Options = Omit<PlanSource, "stateful" | "maxBatch">;

interface ProtocolQuestion extends Question {
  readonly id: string | undefined;
}

/** The Open Inference Protocol for one stateless model, to be spoken where the model runs. */
export function protocolCodec({ name, version, signature, contract, file }: SpokenModel): CodecOrder {
  const { states, constants } = contract;
  const serving = file.serving === undefined ? {} : { serving: file.serving };
  const options: Options = {
    id: { name, version },
    signature,
    contract: { states, constants },
    file: serving,
  };
  return { module: import.meta.url, options };
}

/** See CodecOrder. A frame of a sequence, and a question with a time limit of its own, are left to the server. */
export function openCodec(options: Options, model: CodecModel): Codec<ProtocolQuestion> {
  const signature = narrow(model.signature, options.signature);
  const plan = planOf({ ...options, signature, stateful: false, maxBatch: model.merges ? 2 : 1 });
  return {
    read(body) {
      const envelope = readEnvelope(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
      const { sequence, timeoutUs } = envelope.parameters;
      if (sequence !== null || timeoutUs !== undefined) return null;
      const { feeds, outputs } = readQuestion(plan, envelope);
      return { feeds, outputs, id: envelope.id };
    },
    write: (question, outputs) => writeResponse(plan, outputs, question.outputs, question.id),
  };
}
