import { bufferModelSource, checkSiblingName, type ModelSource } from "../sources/index.ts";
import type { ByteSink, ModelSink } from "./sink.ts";

/** A model that is written into memory. */
export interface BufferModelSink extends ModelSink {
  /** The files by name, once they are committed; empty before, and after `abort`. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** The committed files as a source. */
  source(): ModelSource;
}

/** @param name of the main file; its extension tells the format */
export function bufferModelSink(name = "model.onnx"): BufferModelSink {
  const open = new Map<string, { sink: ByteSink; pieces: Uint8Array[] }>();
  const files = new Map<string, Uint8Array>();
  const create = (of: string): ByteSink => {
    const pieces: Uint8Array[] = [];
    let position = 0;
    const sink: ByteSink = {
      name: of,
      get position() {
        return position;
      },
      async write(bytes) {
        // slice() of a Buffer would be a part of it, and not a copy.
        pieces.push(new Uint8Array(bytes));
        position += bytes.byteLength;
      },
    };
    open.set(of, { sink, pieces });
    return sink;
  };
  return {
    name,
    files,
    async main() {
      return create(name);
    },
    async beside(other) {
      checkSiblingName(other, name);
      return create(other);
    },
    async commit() {
      for (const [of, { sink, pieces }] of open) {
        const whole = new Uint8Array(sink.position);
        let at = 0;
        for (const piece of pieces.splice(0)) {
          whole.set(piece, at);
          at += piece.byteLength;
        }
        files.set(of, whole);
      }
      open.clear();
    },
    async abort() {
      open.clear();
      files.clear();
    },
    source() {
      const main = files.get(name) ?? new Uint8Array(0);
      const siblings = Object.fromEntries([...files].filter(([of]) => of !== name));
      return bufferModelSource(main, { name, siblings });
    },
  };
}
