import { fail } from "../../base/errors/index.ts";
import type { Tensor, TensorData, TensorSpec, Tensors } from "../../model/tensor/tensor.ts";
import { allocate, type Carried } from "./elements.ts";
import type { RunOptions, Session, StateSpec, Stream } from "./session.ts";

/** Frames of one stream that may wait for their turn. */
const MAX_WAITING = 1024;
/** Values of one state, 256 MB of float32: a state of gigabytes is a mistake in a model.yaml. */
const MAX_STATE_VALUES = 2 ** 26;
/** setTimeout's largest delay. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * A stream over a session: it holds the states, from what they begin with, and any instance may take its next frame.
 * @throws RUN_STATE where a state does not fit the model
 */
export function openStream(session: Session, states: readonly StateSpec[]): Stream {
  for (const state of states) checkState(session, state);
  return new StatefulStream(session, states);
}

class StatefulStream implements Stream {
  readonly #session: Session;
  readonly #states: readonly StateSpec[];
  #held: Record<string, Tensor>;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #frames = 0;

  constructor(session: Session, states: readonly StateSpec[]) {
    this.#session = session;
    this.#states = states;
    this.#held = Object.fromEntries(states.map((state) => [state.input, firstOf(session, state)]));
  }

  get frames(): number {
    return this.#frames;
  }

  run(feeds: Tensors, options: RunOptions = {}): Promise<Tensors> {
    if (this.#waiting >= MAX_WAITING) return Promise.reject(fail("RUN_QUEUE_FULL", { limit: MAX_WAITING }));
    this.#waiting++;
    const turn = this.#last;
    const frame = waitFor(turn, options).then(() => this.#step(feeds, options));
    // A frame that gave up while it waited does not let the next one overtake those before it.
    this.#last = Promise.allSettled([turn, frame]).then(() => {
      this.#waiting--;
    });
    return frame;
  }

  async #step(feeds: Tensors, options: RunOptions): Promise<Tensors> {
    const fed = this.#states.find(({ input }) => Object.hasOwn(feeds, input));
    if (fed !== undefined) throw fail("RUN_STATE_FED", { name: fed.input });
    const isState = (name: string): boolean => this.#states.some(({ output }) => output === name);
    const wanted = options.outputs?.length
      ? options.outputs
      : this.#session.signature.outputs.map(({ name }) => name).filter((name) => !isState(name));
    const outputs = await this.#session.run(
      { ...feeds, ...this.#held },
      {
        ...options,
        outputs: [...new Set([...wanted, ...this.#states.map(({ output }) => output)])],
        alone: true,
        // The states must outlive a frame that fails.
        take: false,
      },
    );
    this.#held = Object.fromEntries(
      this.#states.map(({ input, output }) => [input, outputs[output] as Tensor]),
    );
    this.#frames++;
    return Object.fromEntries(
      wanted.map((name) => {
        const output = outputs[name] as Tensor;
        return [name, isState(name) ? copyOf(output) : output];
      }),
    );
  }
}

function checkState(session: Session, { input, output, shape }: StateSpec): void {
  const { inputs, outputs } = session.signature;
  const into = inputs.find(({ name }) => name === input);
  const from = outputs.find(({ name }) => name === output);
  let problem: string | undefined;
  if (into === undefined) problem = "the model has no such input";
  else if (from === undefined) problem = `the model has no output ${output}`;
  else if (into.dtype !== from.dtype) problem = `the input is ${into.dtype}, output ${output} ${from.dtype}`;
  else if (!shapeFits(into, shape)) {
    problem = `the shape [${shape.join(", ")}] is not that of the input, [${into.shape?.join(", ")}]`;
  }
  if (problem !== undefined) throw fail("RUN_STATE", { name: input, problem });
}

function shapeFits(spec: TensorSpec, shape: readonly number[]): boolean {
  if (!shape.every((length) => Number.isSafeInteger(length) && length >= 0)) return false;
  if (shape.reduce((product, length) => product * length, 1) > MAX_STATE_VALUES) return false;
  const dims = spec.shape ?? [];
  if (dims.length === 0) return true;
  return dims.length === shape.length && dims.every((dim, i) => typeof dim !== "number" || dim === shape[i]);
}

function firstOf(session: Session, { input, shape, start = 0 }: StateSpec): Tensor {
  const dtype = session.signature.inputs.find(({ name }) => name === input)?.dtype as Carried;
  const length = shape.reduce((product, n) => product * n, 1);
  const data = allocate(dtype, length);
  if (start !== 0) fill(data, start);
  return { dtype, shape, data };
}

/** @throws RangeError, TypeError where the number is none of the state's type */
function fill(data: TensorData, number: number): void {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) data.fill(BigInt(number));
  else if (!Array.isArray(data)) data.fill(number);
}

/** The stream keeps its state whatever a caller does with the tensor it was given. */
function copyOf({ dtype, shape, data }: Tensor): Tensor {
  return { dtype, shape, data: data.slice() };
}

/** Settles with `turn`, unless the frame is cancelled or its deadline passes first. */
function waitFor(turn: Promise<unknown>, { signal, deadline }: RunOptions): Promise<unknown> {
  if (signal === undefined && deadline === undefined) return turn;
  return new Promise((resolve, reject) => {
    const abort = (): void => end(() => reject(fail("ABORTED", {})));
    const wait = deadline === undefined ? Number.POSITIVE_INFINITY : deadline - Date.now();
    const timer =
      wait <= MAX_TIMER_MS
        ? setTimeout(() => end(() => reject(fail("RUN_DEADLINE", { state: "was waiting" }))), wait)
        : undefined;
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      settle();
    };
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort, { once: true });
    void turn.then(() => end(() => resolve(undefined)));
  });
}
