import { hash } from "node:crypto";
import { type PlainError, toPlainError } from "../../../base/errors/index.ts";
import type { Codec, Question, Spoken } from "../codec.ts";
import { checkFeeds } from "../feeds.ts";
import { type Mergeable, type Merged, takeMerged } from "../merge.ts";
import { namedOutputs, wantedOutputs } from "../outputs.ts";
import { bytesOfFeeds, outputWithoutRows, rowsOf, sliceRows, slotsOfMany, slotsOfOne } from "../rows.ts";
import type { AskBodies, BodiesAnswer, Slot } from "./messages.ts";
import type { Model } from "./model.ts";

/** Answers bodies that came together, each with its own answer or its own error. */
export type AnswerBodies = (ask: AskBodies) => Promise<BodiesAnswer>;

/** A body that was read, on its way through the model. */
interface Read extends Mergeable {
  readonly index: number;
  readonly question: Question;
}

/** Makes the codec, for a model that has been loaded. @throws what its module throws */
export async function openBodies(model: Model, order: Spoken): Promise<AnswerBodies> {
  const { openCodec } = (await import(order.module)) as {
    openCodec(options: unknown, model: { signature: Model["signature"]; merges: boolean }): Codec;
  };
  const { signature } = model;
  const codecs = {
    merging: openCodec(order.options, { signature, merges: true }),
    alone: openCodec(order.options, { signature, merges: false }),
  };
  return (ask) => answerBodies(model, ask[2] > 1 ? codecs.merging : codecs.alone, order, ask);
}

async function answerBodies(
  model: Model,
  codec: Codec,
  { constants }: Spoken,
  [id, , max, wantsDigest, bytes, ends, dialects]: AskBodies,
): Promise<BodiesAnswer> {
  const replies: (string | PlainError | null)[] = ends.map(() => null);
  const digests: string[] = [];
  const sizes: number[] = [];
  const waiting: Read[] = [];
  ends.forEach((end, index) => {
    const body = bytes.subarray(ends[index - 1] ?? 0, end);
    if (wantsDigest) digests.push(hash("sha256", body, "hex"));
    try {
      const question = codec.read(body, dialects[index] ?? "");
      if (question === null) return;
      const feeds = checkFeeds(model.signature, { ...constants, ...question.feeds });
      const outputs = wantedOutputs(model.outputs, model.signature, question.outputs);
      const size = bytesOfFeeds(feeds);
      waiting.push({ index, question, feeds, outputs, rows: rowsOf(feeds), bytes: size, alone: false });
    } catch (error) {
      replies[index] = toPlainError(error);
    }
  });

  let obstacle: string | null = null;
  for (let batch = takeMerged(waiting, max); batch; batch = takeMerged(waiting, obstacle ? 1 : max)) {
    obstacle = (await answerMerged(batch)) ?? obstacle;
  }
  return [id, null, replies, digests, sizes, obstacle];

  /** Gives the reason where rows cannot be told apart. */
  async function answerMerged({ requests, rows }: Merged<Read>): Promise<string | null> {
    const [first] = requests as [Read];
    const many = requests.length > 1;
    sizes.push(requests.length);
    const slots = many
      ? slotsOfMany(
          model.signature,
          requests.map((request) => request.feeds),
          rows,
        )
      : slotsOfOne(model.signature, first.feeds, true);
    const [, error, ...answer] = await model.answer([0, first.outputs, ...slots]);
    const odd = many && error === null ? outputWithoutRows(first.outputs, answer, rows) : null;
    if (many && (error !== null || odd !== null)) {
      // One of them spoiled the batch for all: each now fails or succeeds by itself.
      for (const request of requests) await answerMerged({ requests: [request], rows: request.rows });
      return odd === null ? null : `output ${odd} of ${rows} merged rows had another number of rows`;
    }
    let at = 0;
    for (const request of requests) {
      if (error !== null) replies[request.index] = error;
      else reply(request, many ? sliceRows(answer, rows, at, at + request.rows) : answer);
      at += request.rows;
    }
    return null;
  }

  function reply({ index, question, outputs }: Read, slots: readonly Slot[]): void {
    try {
      replies[index] = codec.write(question, namedOutputs(model.signature, outputs, slots));
    } catch (error) {
      replies[index] = toPlainError(error);
    }
  }
}
