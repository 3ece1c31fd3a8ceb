import type { Signature, TensorData } from "../../model/tensor/tensor.ts";
import { allocate, bytesOf, type Carried, copyInto } from "./elements.ts";
import type { Checked } from "./feeds.ts";
import { MOVE_FROM_BYTES, type Slot } from "./worker/messages.ts";

/**
 * The rows of a request: the leading dimension that all its inputs share; 0 where there is none, and such a
 * request is never merged.
 */
export function rowsOf(feeds: Checked): number {
  const rows = feeds.shapes[0]?.[0] ?? 0;
  return feeds.shapes.every((shape) => shape[0] === rows) ? rows : 0;
}

export function bytesOfFeeds(feeds: Checked): number {
  let bytes = 0;
  for (const data of feeds.data) bytes += bytesOf(data);
  return bytes;
}

/** Whether two requests differ in nothing but the number of rows. Types are equal, being the signature's. */
export function sameButRows(a: Checked, b: Checked): boolean {
  for (let i = 0; i < a.shapes.length; i++) {
    const one = a.shapes[i] as readonly number[];
    const other = b.shapes[i] as readonly number[];
    if (one.length !== other.length) return false;
    for (let k = 1; k < one.length; k++) if (one[k] !== other[k]) return false;
  }
  return true;
}

/** One request as the slots of a message: shape and values in turn. `take`: without copying the values. */
export function slotsOfOne(signature: Signature, feeds: Checked, take: boolean): Slot[] {
  const slots: Slot[] = [];
  for (let i = 0; i < feeds.data.length; i++) {
    const data = feeds.data[i] as TensorData;
    slots.push(feeds.shapes[i] as readonly number[]);
    if (ownsBuffer(data) && (take || data.byteLength < MOVE_FROM_BYTES)) {
      slots.push(data);
    } else {
      // What is moved is lost to the caller, and a view is cloned with the whole buffer that it looks into.
      const own = allocate(signature.inputs[i]?.dtype as Carried, data.length);
      copyInto(own, 0, data);
      slots.push(own);
    }
  }
  return slots;
}

/** The same for a message that is written out while it is sent: nothing needs to be copied before. */
export function slotsAsTheyAre(feeds: Checked): Slot[] {
  return feeds.data.flatMap((data, i) => [feeds.shapes[i] as readonly number[], data]);
}

/** Memory shared between threads would cross uncloned, and the runtime does not take it. */
function ownsBuffer(data: TensorData): data is Exclude<TensorData, string[]> {
  return (
    ArrayBuffer.isView(data) &&
    data.buffer instanceof ArrayBuffer &&
    data.byteLength === data.buffer.byteLength
  );
}

/** Several requests as one, their rows one after the other. */
export function slotsOfMany(signature: Signature, requests: readonly Checked[], rows: number): Slot[] {
  const slots: Slot[] = [];
  for (let i = 0; i < signature.inputs.length; i++) {
    let length = 0;
    for (const feeds of requests) length += (feeds.data[i] as TensorData).length;
    const joined = allocate(signature.inputs[i]?.dtype as Carried, length);
    let at = 0;
    for (const feeds of requests) {
      const data = feeds.data[i] as TensorData;
      copyInto(joined, at, data);
      at += data.length;
    }
    slots.push([rows, ...(requests[0] as Checked).shapes[i]!.slice(1)], joined);
  }
  return slots;
}

/** The name of the first output whose leading dimension is not the number of rows; null where all fit. */
export function outputWithoutRows(
  outputs: readonly string[],
  slots: readonly Slot[],
  rows: number,
): string | null {
  for (let i = 0; i < outputs.length; i++) {
    if ((slots[2 * i] as readonly number[])[0] !== rows) return outputs[i] as string;
  }
  return null;
}

/** Rows `from` to `to` of an answer, copied, so that one caller's tensors never hold on to another's. */
export function sliceRows(slots: readonly Slot[], rows: number, from: number, to: number): Slot[] {
  const part: Slot[] = [];
  for (let i = 0; i < slots.length; i += 2) {
    const shape = slots[i] as readonly number[];
    const data = slots[i + 1] as TensorData;
    const width = data.length / rows;
    part.push([to - from, ...shape.slice(1)], data.slice(from * width, to * width));
  }
  return part;
}
