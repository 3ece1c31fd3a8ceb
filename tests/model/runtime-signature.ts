// What ONNX Runtime itself reports of a model, in our words.
import { InferenceSession } from "onnxruntime-node";
import type { TensorSpec } from "../../src/model/index.ts";

export interface Reported {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

type Metadata = InferenceSession["inputMetadata"];

/** Sequences, maps and optionals are reported without a type. */
const NO_TENSOR = { dtype: null, shape: null };

function specs(metadata: Metadata): TensorSpec[] {
  return metadata.map((each) => {
    if (!each.isTensor) return { name: each.name, ...NO_TENSOR } as unknown as TensorSpec;
    const shape = each.shape.map((dim) => (dim === "" || dim === -1 ? null : dim));
    return { name: each.name, dtype: each.type, shape } as TensorSpec;
  });
}

/** null where this build of the runtime refuses the model. */
export async function reported(path: string): Promise<(Reported & { session: InferenceSession }) | null> {
  const session = await InferenceSession.create(path, {
    graphOptimizationLevel: "disabled",
    logSeverityLevel: 4,
  }).catch(() => null);
  if (!session) return null;
  return { inputs: specs(session.inputMetadata), outputs: specs(session.outputMetadata), session };
}
