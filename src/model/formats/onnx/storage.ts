import { fail } from "../../../base/errors/index.ts";
import type { ByteSource } from "../../../base/sources/source.ts";
import type { LazyTensor } from "../../tensor/tensor.ts";
import { Cursor } from "../../wire/protobuf.ts";
import { wholeBytes } from "../../wire/sparse.ts";
import { type Content, type Described, placeOf, storedTensor } from "../../wire/stored.ts";
import { unpackerOf } from "./typed.ts";

/** A tensor whose numbers lie in a typed field, where they may be packed. */
export function typedTensor(described: Described, content: Content): LazyTensor {
  return storedTensor(described, content, () => unpackerOf(described.dtype, placeOf(described)));
}

/** Strings, which have no dense bytes. */
export function textTensor(described: Described, main: ByteSource): LazyTensor {
  const { dtype, shape } = described;
  return {
    ...described,
    async read(signal) {
      return { dtype, shape, data: await readStrings(described, main, signal) };
    },
    // biome-ignore lint/correctness/useYield: there is nothing to hand out.
    async *stream() {
      throw fail("MODEL_TENSOR_IS_TEXT", { dtype });
    },
  };
}

async function readStrings({ origin }: Described, main: ByteSource, signal?: AbortSignal): Promise<string[]> {
  const strings: string[] = [];
  if (!("file" in origin)) return strings;
  const bytes = await main.read(origin.offset, origin.length, signal);
  const cursor = new Cursor(wholeBytes(bytes, origin.file));
  while (cursor.next()) {
    if (cursor.field === 6 && cursor.wire === 2) strings.push(cursor.string());
    else cursor.skip();
  }
  return strings;
}
