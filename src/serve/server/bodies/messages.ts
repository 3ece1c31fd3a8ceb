import type { PlainError } from "../../../base/errors/index.ts";
import type { JsonFor } from "../../../run/pipeline/named.ts";
import type { TaskQuestion } from "../rest/task-input.ts";
import type { PlanSource } from "../wire/plan.ts";
import type { Parameters } from "../wire/read-parameters.ts";
import type { Question } from "../wire/read-request.ts";

/** What the thread that reads large bodies is asked; the bytes are its own. */
export type BodyAsk = { readonly id: number; readonly bytes: Uint8Array } & (
  | { readonly kind: "infer"; readonly plan: PlanSource }
  | { readonly kind: "task"; readonly of: JsonFor }
);

/** A request of the Open Inference Protocol, read as the model of the plan wants it. */
export interface ReadInfer {
  readonly id: string | undefined;
  readonly parameters: Parameters;
  /** What is wrong with it may be right for another version, on which a sequence began. */
  readonly question: Question | { readonly error: PlainError };
}

export interface BodyAnswers {
  infer: ReadInfer;
  task: TaskQuestion;
}

export type BodyReply = { readonly id: number } & (
  | { readonly value: ReadInfer | TaskQuestion }
  | { readonly error: PlainError }
);
