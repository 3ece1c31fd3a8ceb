import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

/** The sha256 of a file, hexadecimal, read in pieces. */
export async function digestOf(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  const pieces = createReadStream(path, { highWaterMark: 2 ** 20, ...(signal ? { signal } : {}) });
  for await (const piece of pieces) hash.update(piece as Uint8Array);
  return hash.digest("hex");
}
