/** Every bound of the server, each with its reason. `startServer({ limits })` overrides single ones. */
export interface Limits {
  /** Bytes of one body. 64 MiB is Triton's default and a batch of a hundred pictures of 224×224 as JSON. */
  readonly bodyBytes: number;
  /** Bytes of all bodies that are arriving or waiting. Eight of the largest; small ones never come near it. */
  readonly bufferedBytes: number;
  /** Open connections; each costs some 10 kB. Load balancers open hundreds, a slow-loris attack thousands. */
  readonly connections: number;
  /** Milliseconds in which the head of a request must arrive: one round trip, and a slow mobile network. */
  readonly headMs: number;
  /** Milliseconds in which a whole request must arrive: 64 MiB at 5 Mbit/s. */
  readonly requestMs: number;
  /** Milliseconds that an idle connection stays open: above the 60 s of common load balancers, which must close first. */
  readonly keepAliveMs: number;
  /**
   * Milliseconds a prediction may wait for its turn before it is given up; where the model has a process of its own, also those that a
   * run may take.
   */
  readonly waitMs: number;
  /** Open sequences. Each holds a lease and its state, commonly kilobytes. */
  readonly sequences: number;
  /** Milliseconds without a frame after which a sequence is forgotten: a person's pause, not a night. */
  readonly sequenceIdleMs: number;
  /** Frames of one sequence that may wait: a client that sends ahead by more is not listening. */
  readonly sequenceFrames: number;
  /** Milliseconds that close() waits for answers under way: Kubernetes grants 30 s before it kills. */
  readonly drainMs: number;
}

export const LIMITS: Limits = {
  bodyBytes: 64 * 2 ** 20,
  bufferedBytes: 512 * 2 ** 20,
  connections: 4_096,
  headMs: 15_000,
  requestMs: 120_000,
  keepAliveMs: 65_000,
  waitMs: 60_000,
  sequences: 1_000,
  sequenceIdleMs: 60_000,
  sequenceFrames: 64,
  drainMs: 25_000,
};

/** JSON deeper than this is refused, as by Triton: no tensor has a hundred dimensions. */
export const MAX_JSON_DEPTH = 100;

/**
 * Lists and objects of one body. JSON.parse makes up to 64 bytes of `[],`: 64 MiB of those would be 1.4 GB of heap.
 * Four million allow the rows of every body of sane shape.
 */
export const MAX_JSON_CONTAINERS = 2 ** 22;

/**
 * Keys of all objects of one body together. JSON.parse takes ever longer for each of an object's keys: 65,536 are read in
 * 30 to 200 ms, three million in many seconds, in which nobody else is answered. A tensor has some five keys, and models have
 * some hundred tensors.
 */
export const MAX_JSON_KEYS = 2 ** 14;

/** Dimensions of a tensor; ONNX Runtime's own kernels stop well below. */
export const MAX_RANK = 32;

/** Characters of a request's own id, which is echoed and logged. */
export const MAX_ID = 256;

/** Characters of an answer that the prediction log keeps; an embedding is longer than anybody reads. */
export const MAX_LOGGED_ANSWER = 4_096;
