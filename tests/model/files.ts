// Models of the tests, and sources that count what is read of them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { message, varint } from "../../bench/inspect/models.js";
import type { ByteSource, ModelSource } from "../../src/base/sources/source.ts";
import { bufferModelSource, type Model, openModel } from "../../src/model/index.ts";

export { message, varint };
export const FIXTURES = join(import.meta.dirname, "../fixtures/model");
export const MNIST = join(import.meta.dirname, "../../examples/models/mnist/1/mnist-8.onnx");

export function fixture(name: string): Buffer {
  return readFileSync(join(FIXTURES, name));
}

/** Opens bytes as a model, with files beside it. */
export function openBytes(
  bytes: Uint8Array,
  siblings: Record<string, Uint8Array> = {},
  name = "model.onnx",
): Promise<Model> {
  return openModel(bufferModelSource(bytes, { name, siblings }));
}

/** The code of the error with which something fails; "opened" where it does not. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return String((error as { code?: string }).code ?? error);
  }
  return "opened";
}

export interface Counted extends ModelSource {
  /** Bytes that were read so far, and the largest read. */
  read(): { total: number; largest: number };
}

/** Counts every byte that is read of a model and of the files beside it. */
export function counted(source: ModelSource): Counted {
  let total = 0;
  let largest = 0;
  const count = (inner: ByteSource): ByteSource => ({
    name: inner.name,
    size: inner.size,
    close: () => inner.close(),
    read(offset, length, signal) {
      total += length;
      largest = Math.max(largest, length);
      return inner.read(offset, length, signal);
    },
  });
  return {
    main: count(source.main),
    sibling: async (name) => {
      const inner = await source.sibling(name);
      return inner && count(inner);
    },
    close: () => source.close(),
    read: () => ({ total, largest }),
  };
}

/** Fields of a protobuf message: numbers as varints, text and bytes with their length. */
export type Fields = readonly (readonly [field: number, value: number | bigint | string | Uint8Array])[];

/** A whole model around a tensor message (onnx.proto): one Identity over one initializer. */
export function modelAround(tensor: Uint8Array, more: Fields = []): Uint8Array {
  const node = message([
    [1, "x"],
    [2, "y"],
    [4, "Identity"],
  ]);
  const graph = message([[1, node], [2, "g"], [5, tensor], [12, message([[1, "y"]])], ...more]);
  return message([
    [1, 8],
    [7, graph],
    [8, message([[2, 17]])],
  ]);
}
