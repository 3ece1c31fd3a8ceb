// Files of NumPy, as its format page has them (version 1.0).

/** float32, as numpy writes it (numpy.lib.format, version 1.0). */
export function writeNpy({ data, shape }: { data: unknown; shape: readonly number[] }): Buffer {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(", ")},), }`.padEnd(117);
  const length = Buffer.from([(header.length + 1) & 255, (header.length + 1) >> 8]);
  const numbers = Buffer.from((data as Float32Array).buffer);
  return Buffer.concat([
    Buffer.from("\x93NUMPY\x01\x00", "latin1"),
    length,
    Buffer.from(`${header}\n`),
    numbers,
  ]);
}
