// The oracle: onnxruntime-node alone, without anything of this project.
import { InferenceSession, Tensor as RuntimeTensor } from "onnxruntime-node";
import type { Tensors } from "../../src/model/tensor/tensor.ts";

const loaded = new Map<string, Promise<InferenceSession>>();

// 16-bit floats are words here. From Node 24 on the runtime's JavaScript would make a Float16Array of them, which its native part
// does not take: it looks for that type once, with its first tensor.
const halves = Object.getOwnPropertyDescriptor(globalThis, "Float16Array");
if (halves !== undefined) {
  Reflect.deleteProperty(globalThis, "Float16Array");
  new RuntimeTensor("bool", [true], []);
  Object.defineProperty(globalThis, "Float16Array", halves);
}

/** What the runtime itself answers, one thread, one request at a time. */
export async function bareRun(path: string, feeds: Tensors): Promise<Tensors> {
  const session = await (loaded.get(path) ?? load(path));
  const inputs = Object.entries(feeds).map(([name, { dtype, shape, data }]) => [
    name,
    // Its types know only literal type names.
    new (RuntimeTensor as unknown as new (...args: unknown[]) => RuntimeTensor)(dtype, data, [...shape]),
  ]);
  const results = await session.run(Object.fromEntries(inputs));
  return Object.fromEntries(
    Object.entries(results).map(([name, { type, dims, data }]) => [
      name,
      { dtype: type, shape: [...dims], data } as Tensors[string],
    ]),
  );
}

function load(path: string): Promise<InferenceSession> {
  const session = InferenceSession.create(path, { intraOpNumThreads: 1, logSeverityLevel: 4 });
  loaded.set(path, session);
  return session;
}
