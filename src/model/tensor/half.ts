const view = new DataView(new ArrayBuffer(4));

/** The raw 16 bits of the IEEE 754 half closest to a number, ties to even; infinite from 65520 on. */
export function toHalf(value: number): number {
  view.setFloat32(0, value);
  const bits = view.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const exponent = (bits >>> 23) & 0xff;
  const mantissa = bits & 0x7fffff;
  if (exponent === 0xff) return sign | 0x7c00 | (mantissa === 0 ? 0 : 0x200);
  const shifted = exponent - 112;
  if (shifted >= 31) return sign | 0x7c00;
  if (shifted > 0) {
    // A carry out of the mantissa runs into the exponent, which is just what rounding up needs.
    const half = (shifted << 10) | (mantissa >>> 13);
    return sign | (half + roundsUp(mantissa & 0x1fff, 0x1000, half));
  }
  if (shifted < -10) return sign;
  const full = mantissa | 0x800000;
  const drop = 14 - shifted;
  const half = full >>> drop;
  return sign | (half + roundsUp(full & ((1 << drop) - 1), 1 << (drop - 1), half));
}

function roundsUp(rest: number, tie: number, half: number): number {
  return rest > tie || (rest === tie && (half & 1) === 1) ? 1 : 0;
}

/** The number that the raw 16 bits of a half stand for. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : Number.NaN;
  return sign * (1024 + mantissa) * 2 ** (exponent - 25);
}

/** The raw 16 bits of the bfloat16 closest to a number, ties to even. */
export function toBfloat16(value: number): number {
  view.setFloat32(0, value);
  const bits = view.getUint32(0);
  if (Number.isNaN(value)) return (bits >>> 16) | 0x40;
  const half = bits >>> 16;
  return half + roundsUp(bits & 0xffff, 0x8000, half);
}

/** The number that the raw 16 bits of a bfloat16 stand for. */
export function fromBfloat16(bits: number): number {
  view.setUint32(0, bits * 0x10000);
  return view.getFloat32(0);
}
