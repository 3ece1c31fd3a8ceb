import type { TensorData, TensorSpec } from "../../../model/tensor/tensor.ts";
import { halfToNumber } from "./half.ts";
import type { Slot } from "./messages.ts";

/**
 * Difference, as a part of the largest value of the row, that another order of adding up explains. Rows that
 * share a scale or a mean differ by far more.
 */
const TOLERANCE = { float32: 1e-4, float64: 1e-9, float16: 2e-2 } as const;

/** What shows that rows together gave another answer than alone; null where they agree. */
export function differ(
  outputs: readonly TensorSpec[],
  alone: readonly Slot[][],
  together: readonly Slot[],
): string | null {
  for (const [i, spec] of outputs.entries()) {
    const shape = together[2 * i] as readonly number[];
    const data = together[2 * i + 1] as TensorData;
    if (shape[0] !== alone.length) {
      return `output ${spec.name} of ${alone.length} rows has the shape [${shape.join(", ")}]`;
    }
    const width = data.length / alone.length;
    for (const [row, slots] of alone.entries()) {
      const own = slots[2 * i + 1] as TensorData;
      const ownShape = slots[2 * i] as readonly number[];
      if (
        ownShape[0] !== 1 ||
        own.length !== width ||
        !ownShape.slice(1).every((n, k) => n === shape[k + 1])
      ) {
        return `output ${spec.name} has another shape alone than together`;
      }
      if (!agree(spec.dtype, own, data.slice(row * width, (row + 1) * width))) {
        return `rows are not independent: output ${spec.name} differs between alone and together`;
      }
    }
  }
  return null;
}

function agree(dtype: string, a: TensorData, b: TensorData): boolean {
  const tolerance = dtype in TOLERANCE ? TOLERANCE[dtype as keyof typeof TOLERANCE] : 0;
  const read = dtype === "float16" ? halfToNumber : Number;
  let largest = 0;
  if (tolerance > 0) {
    for (const value of a) {
      const size = Math.abs(read(value));
      if (size < Number.POSITIVE_INFINITY && size > largest) largest = size;
    }
  }
  for (let i = 0; i < a.length; i++) {
    if (Object.is(a[i], b[i])) continue;
    if (tolerance === 0) return false;
    const one = read(a[i] as number);
    const other = read(b[i] as number);
    if (Number.isNaN(one) && Number.isNaN(other)) continue;
    // Also false where one of them is infinite or no number.
    if (!(Math.abs(one - other) <= tolerance * largest)) return false;
  }
  return true;
}
