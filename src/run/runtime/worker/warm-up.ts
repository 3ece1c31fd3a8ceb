import { loadRuntime } from "./model.ts";

/**
 * y = Identity(x), float32 of one value, as a ModelProto of onnx.proto: IR version 8, operators of ai.onnx 13. Written out, since
 * what would encode it takes longer to import than it takes to load.
 */
// biome-ignore format: a line for each message
const MODEL = Uint8Array.from([
  8, 8, 58, 54,
  10, 16, 10, 1, 120, 18, 1, 121, 34, 8, 73, 100, 101, 110, 116, 105, 116, 121,
  18, 0,
  90, 15, 10, 1, 120, 18, 10, 10, 8, 8, 1, 18, 4, 10, 2, 8, 1,
  98, 15, 10, 1, 121, 18, 10, 10, 8, 8, 1, 18, 4, 10, 2, 8, 1,
  66, 4, 10, 0, 16, 13,
]);

/**
 * Everything about loading a model that does not depend on which: the runtime's code, what the runtime sets up with the first session
 * of a process (its operators and kernels, some 25 ms), and modules that the model will need.
 * @throws what imports and the runtime throw
 */
export async function warmUp(modules: readonly string[]): Promise<void> {
  const { InferenceSession } = await loadRuntime();
  const session = await InferenceSession.create(MODEL, {
    executionProviders: ["cpu"],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  await session.release();
  for (const module of modules) await import(module);
}
