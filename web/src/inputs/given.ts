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
