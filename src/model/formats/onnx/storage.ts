import { fail } from "../../../base/errors/index.ts";
import type { ByteSource } from "../../../base/sources/source.ts";
import type { LazyTensor } from "../../tensor/tensor.ts";
import { Cursor } from "../../wire/protobuf.ts";
import { wholeBytes } from "../../wire/sparse.ts";
import { type Described, placeOf, type UnpackerOf } from "../../wire/stored.ts";
import { unpackerOf } from "./typed.ts";

/** How the numbers of a typed field become dense bytes, where they may be packed. */
export const unpackTyped: UnpackerOf = (described) => unpackerOf(described.dtype, placeOf(described));

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
