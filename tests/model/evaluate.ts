// Passes' evaluate over the runtime itself, without the threads and formats of the product around it.
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { bufferModelSink } from "../../src/base/sinks/index.ts";
import type { Model } from "../../src/model/graph/index.ts";
import { writeModel } from "../../src/model/index.ts";
import type { Evaluate } from "../../src/model/passes/index.ts";
import type { Tensor, Tensors } from "../../src/model/tensor/index.ts";
import { EXACT_SUMS } from "../../src/run/runtime/providers/exact-sums.ts";

export async function bytesOfModel(model: Model): Promise<Uint8Array> {
  const sink = bufferModelSink("model.onnx");
  await writeModel(model, sink, { external: "never" });
  return sink.files.get("model.onnx") as Uint8Array;
}

/** float16 is raw words on both sides. */
export function toOrt({ dtype, data, shape }: Tensor): OrtTensor {
  return new OrtTensor(dtype as "float32", data as Float32Array, [...shape]);
}

export function fromOrt(tensor: OrtTensor): Tensor {
  const data = tensor.data as Tensor["data"];
  return { dtype: tensor.type as Tensor["dtype"], shape: tensor.dims.map(Number), data };
}

/** The graph as it is written: the runtime's own optimisation is off unless it is asked for. */
export async function openSession(
  model: Uint8Array,
  options: InferenceSession.SessionOptions = {},
): Promise<InferenceSession> {
  return InferenceSession.create(model, {
    graphOptimizationLevel: "disabled",
    logSeverityLevel: 4,
    intraOpNumThreads: 1,
    // As the product asks for.
    extra: { session: EXACT_SUMS },
    ...options,
  });
}

export async function runSession(session: InferenceSession, feeds: Tensors): Promise<Tensors> {
  const answer = await session.run(
    Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, toOrt(tensor)])),
  );
  return Object.fromEntries(
    Object.entries(answer).map(([name, tensor]) => [name, fromOrt(tensor as OrtTensor)]),
  );
}

export const evaluate: Evaluate = async (model, feeds) => {
  const session = await openSession(await bytesOfModel(model));
  try {
    return await runSession(session, feeds);
  } finally {
    await session.release();
  }
};
