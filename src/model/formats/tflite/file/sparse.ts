import { fail } from "../../../../base/errors/index.ts";
import type { ByteSource } from "../../../../base/sources/source.ts";
import type { DType } from "../../../tensor/dtype.ts";
import { ARRAYS, elementCount } from "../../../tensor/index.ts";
import type { LazyTensor, Tensor } from "../../../tensor/tensor.ts";
import type { Described, FlatRange } from "../../../wire/index.ts";
import type { SparseDimension, Sparsity } from "./model.ts";

/**
 * Real ones have a tenth of their values at least: what is unpacked may be so many times as large as what is stored, and a
 * little more for small ones.
 */
const MAX_UNPACKING = 32;
const FREE_UNPACKING = 64 * 1024 * 1024;

/** Pieces that `stream` hands out. */
const CHUNK = 960 * 1024;

/**
 * A tensor of which only the values that are not zero are stored, in blocks (schema.fbs, SparsityParameters, after TACO): unpacked
 * as a whole when it is read.
 */
export function denseTensor(
  described: Described,
  content: FlatRange,
  sparsity: Sparsity,
  source: ByteSource,
): LazyTensor {
  const { dtype, shape } = described;
  const read = async (signal?: AbortSignal): Promise<Tensor> => {
    const stored = await source.read(content.offset, content.length, signal);
    return { dtype, shape, data: unpack(described, sparsity, stored) };
  };
  return {
    ...described,
    read,
    async *stream(chunk = CHUNK, signal) {
      const { data } = await read(signal);
      if (Array.isArray(data)) throw fail("MODEL_TENSOR_IS_TEXT", { dtype });
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      for (let at = 0; at < bytes.byteLength; at += chunk) yield bytes.subarray(at, at + chunk);
    },
  };
}

/** A level of the traversal: an axis of the tensor, or of the blocks that it is cut into. */
interface Level {
  readonly dimension: SparseDimension;
  /** Elements of the dense tensor from one index to the next. */
  readonly step: number;
  readonly length: number;
}

function unpack(
  described: Described,
  sparsity: Sparsity,
  stored: Uint8Array,
): Exclude<Tensor["data"], string[]> {
  const { dtype, shape, name } = described;
  const wrong = (problem: string) =>
    fail("MODEL_TFLITE_SPARSE", { tensor: name, problem }, { where: placeOf(described) });
  if (described.byteLength > MAX_UNPACKING * stored.byteLength + FREE_UNPACKING)
    throw wrong(`${stored.byteLength} bytes stand for ${described.byteLength}`);
  if (dtype === "string" || described.byteLength === 0) throw wrong(`its type is ${dtype}`);
  const count = elementCount(shape, `tensor ${name}`);
  const width = described.byteLength / count;
  if (!Number.isInteger(width)) throw wrong(`its type is ${dtype}`);
  const levels = levelsOf(shape, sparsity, wrong);
  const dense = new Uint8Array(described.byteLength);
  const values = Math.floor(stored.byteLength / width);
  let used = 0;
  /** @param entry which of the entries that the levels before have */
  const walk = (level: number, entry: number, at: number): void => {
    const here = levels[level];
    if (!here) {
      if (used === values || entry !== used) throw wrong(`it has ${values} values, which are too few`);
      dense.set(stored.subarray(used * width, (used + 1) * width), at * width);
      used++;
      return;
    }
    const { dimension, step, length } = here;
    if (dimension.kind === "dense") {
      for (let i = 0; i < length; i++) walk(level + 1, entry * length + i, at + i * step);
      return;
    }
    const { segments, indices } = dimension;
    const [from = -1, to = -1] = [segments[entry], segments[entry + 1]];
    if (from < 0 || to < from || to > indices.length) throw wrong("a segment lies outside its indices");
    for (let i = from; i < to; i++) {
      const index = indices[i] as number;
      if (index < 0 || index >= length) throw wrong(`index ${index} of ${length}`);
      walk(level + 1, i, at + index * step);
    }
  };
  walk(0, 0, 0);
  return new ARRAYS[dtype as Exclude<DType, "string">](dense.buffer);
}

function placeOf({ origin }: Described): string {
  return origin && "file" in origin ? `${origin.file}, byte ${origin.offset}` : "";
}

/** Axes of a tensor with twice as many levels, those of the blocks: real ones have 4 and 2. */
const MAX_LEVELS = 16;

function levelsOf(
  shape: readonly number[],
  { traversalOrder, blockMap, dimensions }: Sparsity,
  wrong: (problem: string) => Error,
): Level[] {
  const rank = shape.length;
  const total = rank + blockMap.length;
  if (total > MAX_LEVELS || traversalOrder.length !== total || dimensions.length !== total)
    throw wrong(
      `${traversalOrder.length} axes and ${dimensions.length} dimensions where ${total} are needed`,
    );
  if (new Set(traversalOrder).size !== total) throw wrong("an axis is gone through twice");
  /** By axis; those after the tensor's own are the blocks'. */
  const blockOf = new Map<number, number>();
  for (const [i, axis] of blockMap.entries()) {
    const place = traversalOrder.indexOf(rank + i);
    const dimension = dimensions[place];
    if (dimension?.kind !== "dense" || dimension.size < 1 || blockOf.has(axis) || !(axis >= 0 && axis < rank))
      throw wrong("a block has no length");
    blockOf.set(axis, dimension.size);
  }
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((product, dim) => product * dim, 1));
  return traversalOrder.map((axis, place): Level => {
    const own = axis < rank ? axis : (blockMap[axis - rank] ?? -1);
    const dimension = dimensions[place];
    const stride = strides[own];
    const whole = shape[own];
    if (!dimension || stride === undefined || whole === undefined) throw wrong(`there is no axis ${axis}`);
    const block = blockOf.get(own) ?? 1;
    if (whole % block !== 0) throw wrong(`blocks of ${block} do not fill ${whole}`);
    const length = axis < rank ? whole / block : block;
    const step = axis < rank ? stride * block : stride;
    if (dimension.kind === "dense" && dimension.size !== length)
      throw wrong(`axis ${axis} has ${dimension.size} entries in place of ${length}`);
    return { dimension, step, length };
  });
}
