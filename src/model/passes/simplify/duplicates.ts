import type { Graph, Value } from "../../graph/graph.ts";
import { DTYPES } from "../../tensor/dtype.ts";
import { bytesOf, readSmall } from "../../tensor/index.ts";
import type { LazyTensor } from "../../tensor/tensor.ts";
import type { Pass } from "../pass.ts";
import { graphPass, type Rewrite } from "./rewrite.ts";

/** Bytes of a tensor that are read to see whether it may be another one. */
const HEAD = 16 * 1024;
/** Pieces in which two tensors are compared: two of them are in memory at once. */
const CHUNK = 1024 * 1024;
/** Tensors with the same head that are compared with each other in full. */
const MAX_CANDIDATES = 8;

/** Of tensors that are not kept in memory: of the others it is worked out in less time than a map of a million weak keys takes. */
const heads = new WeakMap<LazyTensor, number>();

/** A number that equal tensors have in common, from their first bytes. */
async function headOf(tensor: LazyTensor, signal?: AbortSignal): Promise<number> {
  const small = readSmall(tensor, signal);
  if (small) return hashOf(bytesOf(await small).subarray(0, HEAD));
  const known = heads.get(tensor);
  if (known !== undefined) return known;
  const hash = hashOf(await firstBytes(tensor, signal));
  heads.set(tensor, hash);
  return hash;
}

/** FNV-1a. */
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  return hash;
}

async function firstBytes(tensor: LazyTensor, signal?: AbortSignal): Promise<Uint8Array> {
  for await (const bytes of tensor.stream(HEAD, signal)) return bytes.subarray(0, HEAD);
  return new Uint8Array(0);
}

async function isEqual(a: LazyTensor, b: LazyTensor, signal?: AbortSignal): Promise<boolean> {
  if (a === b) return true;
  const [small, other] = [readSmall(a, signal), readSmall(b, signal)];
  if (small && other) return isSameBytes(bytesOf(await small), bytesOf(await other));
  const [left, right] = [pieces(a, signal), pieces(b, signal)];
  try {
    while (true) {
      const [x, y] = [await left.next(), await right.next()];
      if (x.done || y.done) return x.done === y.done;
      if (!isSameBytes(x.value, y.value)) return false;
    }
  } finally {
    await left.return(undefined);
    await right.return(undefined);
  }
}

function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Pieces of exactly CHUNK bytes, whatever the pieces of the tensor are; the last one is shorter. */
async function* pieces(tensor: LazyTensor, signal?: AbortSignal): AsyncGenerator<Uint8Array, undefined> {
  const buffer = new Uint8Array(Math.min(CHUNK, tensor.byteLength));
  let filled = 0;
  for await (const bytes of tensor.stream(CHUNK, signal)) {
    for (let at = 0; at < bytes.byteLength; ) {
      const part = bytes.subarray(at, at + buffer.byteLength - filled);
      buffer.set(part, filled);
      filled += part.byteLength;
      at += part.byteLength;
      if (filled === buffer.byteLength) {
        yield buffer;
        filled = 0;
      }
    }
  }
  if (filled > 0) yield buffer.subarray(0, filled);
}

/** Constants of this graph and of those around it, by type, shape and head. */
class Known {
  readonly #outer: Known | null;
  readonly #byKey = new Map<string, Value[]>();

  constructor(outer: Known | null) {
    this.#outer = outer;
  }

  *candidates(key: string): Generator<Value> {
    yield* this.#byKey.get(key) ?? [];
    if (this.#outer) yield* this.#outer.candidates(key);
  }

  add(key: string, value: Value): void {
    const before = this.#byKey.get(key);
    if (!before) this.#byKey.set(key, [value]);
    else if (before.length < MAX_CANDIDATES) before.push(value);
  }
}

async function merge(graph: Graph, rewrite: Rewrite, graphs: Map<Graph, Known>): Promise<void> {
  const { signal } = rewrite.context;
  const here = new Known((graph.parent && graphs.get(graph.parent)) ?? null);
  graphs.set(graph, here);
  const alike = new Map<string, number>();
  const constants = [...graph.values.values()].filter((value) => rewrite.isConstant(value));
  for (const { constant } of constants) {
    const key = keyOf(constant as LazyTensor);
    alike.set(key, (alike.get(key) ?? 0) + 1);
  }
  for (const value of constants) {
    const { constant } = value;
    if (!constant || constant.dtype === "string") continue;
    // What is alone in its shape is not read; graphs inside may still compare with it.
    const kind = keyOf(constant);
    if (alike.get(kind) === 1 && !graph.parent) {
      here.add(`${kind} ?`, value);
      continue;
    }
    const key = `${kind} ${await headOf(constant, signal)}`;
    let same: Value | null = null;
    for (const other of [...here.candidates(key), ...here.candidates(`${kind} ?`)]) {
      if (other.constant && (await isEqual(other.constant, constant, signal))) {
        same = other;
        break;
      }
    }
    if (!same) here.add(key, value);
    else if (value.uses.length > 0 && rewrite.replace(value, same)) graph.values.delete(value.name);
  }
}

function keyOf({ dtype, shape }: LazyTensor): string {
  return `${DTYPES[dtype].onnx}[${shape.join(",")}]`;
}

const NAME = "duplicates";
const PROMISES =
  "No two constants that can be read in the same places have the same type, shape and contents.";

export const duplicates: Pass = {
  name: NAME,
  promises: PROMISES,
  keepsTypes: true,
  run(model, context) {
    const graphs = new Map<Graph, Known>();
    return graphPass(NAME, PROMISES, (graph, rewrite) => merge(graph, rewrite, graphs)).run(model, context);
  },
};
