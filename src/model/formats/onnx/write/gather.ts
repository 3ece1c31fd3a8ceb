import type { ByteSink } from "../../../../base/sinks/index.ts";

/** What is longer is written as it comes. */
const SMALL = 64 * 1024;
const BUFFER = 256 * 1024;

export interface GatheredSink extends ByteSink {
  /** Writes what is still here. */
  flush(): Promise<void>;
}

/** A sink for a hundred thousand small tensors and the few bytes between them: they are written together. */
export function gathered(sink: ByteSink): GatheredSink {
  let buffer: Uint8Array | null = null;
  let held = 0;
  const flush = async () => {
    if (buffer && held > 0) await sink.write(buffer.subarray(0, held));
    held = 0;
  };
  return {
    name: sink.name,
    get position() {
      return sink.position + held;
    },
    async write(bytes) {
      if (bytes.byteLength > SMALL) {
        await flush();
        await sink.write(bytes);
        return;
      }
      if (held + bytes.byteLength > BUFFER) await flush();
      buffer ??= new Uint8Array(BUFFER);
      buffer.set(bytes, held);
      held += bytes.byteLength;
    },
    flush,
  };
}
