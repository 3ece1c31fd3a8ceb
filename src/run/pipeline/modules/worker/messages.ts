/** What a thread is started with. */
export interface Start {
  /** file: URL of the module. */
  readonly url: string;
  /** What stays the same from call to call, and is given to each function as part of its context. */
  readonly fixed: Readonly<Record<string, unknown>>;
}

export interface Call {
  readonly id: number;
  /** An export of the module. */
  readonly name: string;
  readonly input: unknown;
  /** What belongs to this call alone, over what is fixed. */
  readonly context: Readonly<Record<string, unknown>>;
}

/** An error of a person's code, as plain data. */
export interface Thrown {
  readonly message: string;
  readonly stack: string;
  /** Of Modelyard's own errors, which its functions throw there too. */
  readonly coded?: Readonly<Record<string, unknown>>;
}

/** The first message of a thread: the functions that the module exports, or why it could not be loaded. */
export type Loaded =
  | { readonly functions: readonly string[]; readonly others: readonly string[] }
  | { readonly thrown: Thrown };

/** The answer to a call. */
export interface Answered {
  readonly id: number;
  readonly value?: unknown;
  readonly thrown?: Thrown;
  /** The value is nothing that leaves a thread, such as a function. */
  readonly unsendable?: string;
  /** Bytes that the thread holds now: JavaScript's heap, and memory beside it. */
  readonly held: number;
}
