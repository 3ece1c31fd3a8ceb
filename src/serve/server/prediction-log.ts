import { hash } from "node:crypto";
import type { ModelId } from "../../run/pipeline/catalogue.ts";
import type { Store } from "../store/store.ts";
import { MAX_LOGGED_ANSWER } from "./limits.ts";
import type { Metrics } from "./metrics/metrics.ts";
import type { Body } from "./rest/body.ts";

/** A prediction that was answered. */
export interface Prediction {
  readonly request: string;
  readonly model: ModelId;
  /** "tensors" for the Open Inference Protocol, else the task's id. */
  readonly task: string;
  /** Milliseconds since the epoch at which the whole request had arrived. */
  readonly time: number;
  readonly durationMs: number;
  readonly status: number;
  readonly body: Body;
  /** sha256 of the body, where it is known already. */
  readonly digest: string | undefined;
  /** JSON, or the code of the error. */
  readonly answer: string;
}

/** Above it a digest leaves the main thread: half a millisecond of hashing is worth a hand-over. */
const SMALL_BODY = 512 * 1024;

/**
 * Counts and logs what was answered, behind the answer: everything waits for the turn of the event loop after the one
 * in which the answer was written to its socket.
 */
export class PredictionLog {
  readonly #store: Store | null;
  readonly #metrics: Metrics;
  #answered: Prediction[] = [];

  constructor(store: Store | null, metrics: Metrics) {
    this.#store = store;
    this.#metrics = metrics;
  }

  add(prediction: Prediction): void {
    if (this.#answered.push(prediction) === 1) setImmediate(() => this.#write());
  }

  #write(): void {
    const answered = this.#answered;
    this.#answered = [];
    for (const prediction of answered) {
      this.#metrics.predicted(prediction);
      if (!this.#store) prediction.body.release();
      else if (prediction.digest) this.#row(prediction, prediction.digest);
      else if (prediction.body.bytes.length <= SMALL_BODY) {
        this.#row(prediction, hash("sha256", prediction.body.bytes, "hex"));
      } else void this.#rowOfLarge(prediction);
    }
  }

  async #rowOfLarge(prediction: Prediction): Promise<void> {
    const digest = await crypto.subtle.digest("SHA-256", prediction.body.bytes);
    this.#row(prediction, Buffer.from(digest).toString("hex"));
  }

  #row(prediction: Prediction, inputDigest: string): void {
    const { model, answer } = prediction;
    prediction.body.release();
    this.#store?.logPrediction({
      id: prediction.request,
      time: prediction.time,
      model: model.name,
      version: model.version,
      digest: model.digest,
      task: prediction.task,
      durationMs: prediction.durationMs,
      status: prediction.status,
      inputDigest,
      answer: answer.length > MAX_LOGGED_ANSWER ? `${answer.slice(0, MAX_LOGGED_ANSWER)}…` : answer,
    });
  }
}
