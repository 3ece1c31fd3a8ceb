import type { ModelDetail } from "../../../src/client/index.ts";

/** What a person gave a model. */
export interface Given {
  /** A file as it is, text, or the tensors of a request by name. */
  readonly input: Blob | string | object;
  /** Of a file: its name. */
  readonly name: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
}

export interface InputProps {
  readonly model: ModelDetail;
  readonly busy: boolean;
  /** What was given last, the example included: a panel shows it. */
  readonly given: Given | null;
  give(given: Given): void;
}

/**
 * A file for a field that takes pictures or sounds. What its name says of anything else ("application/json") is dropped:
 * the server looks into the bytes, and says what they are instead.
 */
export function asMedia(file: Blob, kind: "image" | "audio"): Blob {
  return file.type.startsWith(`${kind}/`) ? file : file.slice(0, file.size, `${kind}/x-unknown`);
}
