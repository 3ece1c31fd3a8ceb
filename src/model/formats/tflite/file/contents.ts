import { fail } from "../../../../base/errors/index.ts";
import type { ByteSource } from "../../../../base/sources/source.ts";
import { byteLengthOf, elementCount } from "../../../tensor/index.ts";
import type { LazyTensor } from "../../../tensor/tensor.ts";
import { type Described, type FlatRange, storedTensor } from "../../../wire/index.ts";
import { dtypeOf } from "../schema/types.ts";
import type { TfliteTensor } from "./model.ts";
import { denseTensor } from "./sparse.ts";

/**
 * The content of a constant, which stays in the file until somebody reads it; a sparse one is unpacked then.
 * @returns null for what is no constant, and for resources and variants
 */
export function contentTensor(tensor: TfliteTensor, source: ByteSource): LazyTensor | null {
  const { content, name, type, shape, sparsity } = tensor;
  const dtype = dtypeOf(type);
  if (!content || dtype === null) return null;
  const origin = { file: source.name, ...content };
  const byteLength = dtype === "string" ? 0 : byteLengthOf(dtype, elementCount(shape, `tensor ${name}`));
  const described: Described = { name, dtype, shape, byteLength, origin };
  if (dtype === "string") return textTensor(described, content, source);
  if (sparsity) return denseTensor(described, content, sparsity, source);
  return storedTensor(described, source, content);
}

/** Bytes of the file as a tensor of uint8. */
export function bytesTensor(name: string, range: FlatRange, source: ByteSource): LazyTensor {
  const { offset, length } = range;
  const origin = { file: source.name, offset, length };
  const described: Described = { name, dtype: "uint8", shape: [length], byteLength: length, origin };
  return storedTensor(described, source, range);
}

/** Strings: their count, where each begins and the last one ends, counted from the first byte (lite/string_util.h). */
function textTensor(described: Described, { offset, length }: FlatRange, source: ByteSource): LazyTensor {
  const { dtype, shape, name } = described;
  const wrong = (problem: string) =>
    fail(
      "MODEL_TFLITE_GRAPH",
      { problem: `the strings of tensor ${name} ${problem}` },
      { where: `${source.name}, byte ${offset}` },
    );
  return {
    ...described,
    async read(signal) {
      const bytes = await source.read(offset, length, signal);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const count = length >= 4 ? view.getInt32(0, true) : 0;
      const expected = elementCount(shape, `tensor ${name}`);
      if (count !== expected || 4 * (count + 2) > length) throw wrong(`are ${count} in place of ${expected}`);
      const decoder = new TextDecoder();
      const data = Array.from({ length: count }, (_, i) => {
        const [from, to] = [view.getInt32(4 * (i + 1), true), view.getInt32(4 * (i + 2), true)];
        if (from < 0 || to < from || to > length) throw wrong("lie outside its buffer");
        return decoder.decode(bytes.subarray(from, to));
      });
      return { dtype, shape, data };
    },
    // biome-ignore lint/correctness/useYield: there is nothing to hand out.
    async *stream() {
      throw fail("MODEL_TENSOR_IS_TEXT", { dtype });
    },
  };
}
