import type { Model, Node, Value } from "../../../model/graph/graph.ts";
import { isOutput } from "../../../model/graph/index.ts";
import { ARRAYS, byteLengthOf, type Tensor } from "../../../model/tensor/index.ts";
import { allowanceFor } from "./allowance.ts";
import { type Comparison, compareTensors, type Tolerance } from "./compare.ts";
import type { Draw } from "./draws.ts";
import type { Sides } from "./foreign-sides.ts";
import type { FirstDifference, NamedNode } from "./locate.ts";

/** Answers that are held at once, in bytes, and values that are asked for. */
const BATCH_BYTES = 64 * 2 ** 20;
const BATCH_VALUES = 256;
/** Values whose sizes the file leaves open are taken to have a megabyte. */
const UNKNOWN_BYTES = 2 ** 20;
/** Sums in another order are no difference that anybody looks for. */
const SUMS = 10;

/**
 * The first value of the original, in its order, that the result computes otherwise: of those to which it gives the same name, with
 * the channels where they are or in front. Both run again with these as further outputs.
 * @param draws in one stream, of which the last shows a difference
 * @returns null where none of them differs, or where the runtimes do not give them
 */
export async function locateForeign(
  original: Model,
  result: Model,
  sides: Sides,
  draws: readonly Draw[],
  { absolute, relative, norm }: Tolerance,
): Promise<FirstDifference | null> {
  const tolerance: Tolerance = {
    absolute: SUMS * absolute,
    relative: SUMS * relative,
    ...(norm === undefined ? {} : { norm }),
  };
  for (const batch of batches(original, result)) {
    const names = batch.map(({ name }) => name);
    const own = await sides.askOriginal(draws, names, { more: names });
    const made = await sides.askResult(draws, names, { more: names, optimize: false });
    if ("refusal" in own || "refusal" in made) continue;
    for (const value of batch) {
      const [a, b] = [own.outputs.at(-1)?.get(value.name), made.outputs.at(-1)?.get(value.name)];
      const comparison = a && b ? compareLaidOut(a, b, tolerance) : null;
      const twin = result.graph.values.get(value.name);
      if (!comparison || comparison.agrees || !value.producer || !twin?.producer) continue;
      return {
        value: value.name,
        valueInResult: twin.name,
        node: named(value.producer),
        nodeInResult: named(twin.producer),
        comparison,
        between: { original: [], result: [] },
      };
    }
  }
  return null;
}

function* batches(original: Model, result: Model): Generator<Value[]> {
  let batch: Value[] = [];
  let bytes = 0;
  for (const { inputs, outputs } of original.graph.nodes) {
    // A weight that is unpacked: the result may have its axes in any order.
    if (inputs.every((input) => input === null || input.constant)) continue;
    for (const value of outputs) {
      if (!value || isOutput(value) || !result.graph.values.get(value.name)?.producer) continue;
      const size = sizeOf(value);
      if (batch.length > 0 && (bytes + size > BATCH_BYTES || batch.length >= BATCH_VALUES)) {
        yield batch;
        [batch, bytes] = [[], 0];
      }
      batch.push(value);
      bytes += size;
    }
  }
  if (batch.length > 0) yield batch;
}

function sizeOf({ type }: Value): number {
  if (type?.kind !== "tensor" || !type.shape) return UNKNOWN_BYTES;
  const count = type.shape.reduce<number>((product, dim) => product * (typeof dim === "number" ? dim : 1), 1);
  return byteLengthOf(type.dtype, count);
}

/** null where the two are not the same kind of tensor, which says nothing. */
function compareLaidOut(a: Tensor, b: Tensor, tolerance: Tolerance): Comparison | null {
  if (a.dtype !== b.dtype || a.data.length !== b.data.length) return null;
  const allowance = allowanceFor(a, 0);
  const here = compareTensors(a, b, tolerance, allowance);
  if (here.agrees) return here;
  const moved = compareTensors(a, channelsLast(b), tolerance, allowance);
  if (moved.agrees || here.misfit !== null) return moved.misfit === null ? moved : null;
  return here;
}

/** A tensor whose channels stand behind its batch, with them at the end. */
function channelsLast(tensor: Tensor): Tensor {
  const { dtype, shape, data } = tensor;
  const [batch = 1, channels = 1, ...space] = shape;
  if (shape.length < 3 || dtype === "string" || Array.isArray(data)) return tensor;
  const area = space.reduce((product, length) => product * length, 1);
  const moved = new ARRAYS[dtype](new ArrayBuffer(data.byteLength));
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < channels; c++) {
      for (let i = 0; i < area; i++)
        moved[(n * area + i) * channels + c] = data[(n * channels + c) * area + i] as never;
    }
  }
  return { dtype, shape: [batch, ...space, channels], data: moved };
}

function named({ name, op, domain }: Node): NamedNode {
  return { name, op: domain === "" ? op : `${domain}.${op}` };
}
