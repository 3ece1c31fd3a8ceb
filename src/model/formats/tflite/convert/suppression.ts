/** The next smaller number of 32 bits: what is above it is what reaches the number itself. */
export function below(number: number): number {
  const bits = new DataView(new ArrayBuffer(4));
  bits.setFloat32(0, number);
  if (number === 0) bits.setUint32(0, 0x8000_0001);
  else bits.setInt32(0, bits.getInt32(0) + (number > 0 ? -1 : 1));
  return bits.getFloat32(0);
}
