import type { Calibration, Confidence, Contract, Evidence, Normalize, Tokenizer } from "./contract.ts";
import type { BoxFormat, DetectionTensors } from "./vision.ts";

/** What a file may declare of the model's meaning, before it is known which tensors it speaks of. */
export interface Meanings {
  task: string;
  description: string;
  license: string;
  /** "image", "audio" or "text", of an input tensor: `kind:<tensor>`. */
  [kind: `kind:${string}`]: "image" | "audio" | "text";
  /** Which of a tokenizer's products an input tensor takes: `tokens:<tensor>`. */
  [tokens: `tokens:${string}`]: "ids" | "mask" | "types";
  /** Of an output tensor: `labels:<tensor>` and so on, where the file speaks of one tensor alone. */
  [labels: `labels:${string}`]: readonly string[] | string;
  [threshold: `threshold:${string}`]: number;
  [calibration: `calibration:${string}`]: Calibration;
  /** That an output tensor tells of each pixel what it belongs to. */
  [mask: `mask:${string}`]: true;
  detections: { readonly tensors: DetectionTensors; readonly box: BoxFormat };
  imageSize: readonly [number, number];
  color: "RGB" | "BGR" | "GRAY" | "RGBA";
  normalize: Normalize;
  resize: "stretch" | "crop" | "letterbox" | "width-free";
  cropFraction: number;
  antialias: boolean;
  labels: readonly string[] | string;
  activation: "softmax" | "sigmoid" | "none";
  dictionary: readonly string[];
  sampleRate: number;
  tokenizer: string | Tokenizer;
  maxLength: number;
}

/** One statement, with who made it. */
export interface Claim<T> {
  readonly value: T;
  readonly source: string;
  readonly confidence: Confidence;
  readonly reason: string;
}

/** Statements by what they say; the first one that was made stands, so the most trusted source speaks first. */
export class Claims {
  readonly #claims = new Map<string, Claim<unknown>>();
  /** What lies where meaning is declared and cannot be read, for a person. */
  readonly problems: string[] = [];

  add<K extends keyof Meanings>(meaning: K, claim: Claim<Meanings[K]>): void {
    if (!this.#claims.has(meaning)) this.#claims.set(meaning, claim);
  }

  get<K extends keyof Meanings>(meaning: K): Claim<Meanings[K]> | null {
    return (this.#claims.get(meaning) as Claim<Meanings[K]> | undefined) ?? null;
  }
}

/** A contract under construction: what is written into it comes with its evidence. */
export interface Draft {
  readonly contract: Contract;
  readonly claims: Claims;
}

export function emptyContract(): Contract {
  // A tensor may be called __proto__.
  const none = () => Object.create(null);
  return { task: null, inputs: none(), outputs: none(), states: none(), constants: none(), evidence: [] };
}

/** Notes where a field of the contract came from. */
export function say(draft: Draft, field: string, evidence: Omit<Evidence, "field">): void {
  const { source, confidence, reason } = evidence;
  draft.contract.evidence.push({ field, source, confidence, reason });
}
