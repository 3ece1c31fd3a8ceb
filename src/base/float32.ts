/** Powers of ten that a double holds exactly. */
const POWERS = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);
/** Below it a power beyond the exact ones would be needed; JavaScript also changes to exponents at 1e-6. */
const SMALLEST = 1e-6;
/** Above it a whole number has all the digits that count. */
const LARGEST = 2 ** 24;

/**
 * The double that prints as the shortest decimal which reads back as the same float32: 0.1, where the double that a
 * float32 becomes in JavaScript prints as 0.10000000149011612. A decimal of up to 9 digits divided by an exact power of
 * ten is the double nearest to it, which prints as just those digits; the first number of digits whose double rounds back
 * is taken. Measured: as fast as printing the double, and half as long.
 *
 * @param value a float32, finite or not
 */
export function shortestFloat32(value: number): number {
  const size = Math.abs(value);
  if (!(size >= SMALLEST && size < LARGEST)) return shortestFar(value);
  // Digits behind the point that make six in all, which every float32 keeps; nine tell every one apart.
  const six = 5 - exponentOf(size);
  for (let digits = Math.max(six, 0); digits <= six + 3; digits++) {
    const power = POWERS[digits] as number;
    const candidate = Math.round(size * power) / power;
    if (Math.fround(candidate) === size) return value < 0 ? -candidate : candidate;
  }
  return value;
}

/** Zero, the very small, the very large and what is not finite are rare: they are tried digit by digit from one. */
function shortestFar(value: number): number {
  if (value === 0 || value - value !== 0) return value;
  for (let digits = 1; digits < 9; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) return candidate;
  }
  return Number(value.toPrecision(9));
}

function exponentOf(size: number): number {
  if (size >= 1) {
    let exponent = 0;
    while (size >= (POWERS[exponent + 1] as number)) exponent++;
    return exponent;
  }
  let exponent = -1;
  while (size * (POWERS[-exponent] as number) < 1) exponent--;
  return exponent;
}
