import { openModelSink } from "../base/node/index.ts";

/** Writes a file that appears whole or not at all. @throws FILE_* */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const sink = await openModelSink(path);
  try {
    const file = await sink.main();
    await file.write(bytes);
    await sink.commit();
  } catch (error) {
    await sink.abort();
    throw error;
  }
}
