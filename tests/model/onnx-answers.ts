// What ONNX Runtime answers on a test case, held against the outputs that the case expects.
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { fromHalf, type Tensor } from "../../src/model/index.ts";
import { type OnnxCase, readData } from "./onnx-cases.ts";

// Cases of PyPI's onnx are of an opset that is not released yet; the runtime has kernels for some of them.
process.env.ALLOW_RELEASED_ONNX_OPSET_ONLY ??= "0";

export type Status =
  /** All outputs are those that the case expects. */
  | "passed"
  /** The runtime gives other outputs: random numbers, or a kernel that rounds its own way. */
  | "wrong"
  /** The runtime does not open the model, or does not run it: operators or types that it lacks. */
  | "refused"
  /** Inputs or outputs that the runtime's Node binding does not carry: sequences, optionals, bfloat16 and smaller floats. */
  | "unfit";

export interface Verdict {
  readonly status: Status;
  /** The output that differs, or the runtime's message. */
  readonly detail: string;
}

/**
 * Runs a case's data through its model, or through another model that should answer the same: inputs and outputs are matched
 * by their positions, so that their names may differ.
 * @param model path or bytes
 */
export async function judge(
  one: OnnxCase,
  model: string | Uint8Array = one.model,
  options: InferenceSession.SessionOptions = {},
): Promise<Verdict> {
  let session: InferenceSession;
  try {
    session = await open(model, options);
  } catch (error) {
    return { status: "refused", detail: messageOf(error) };
  }
  try {
    for (const folder of one.data) {
      const { inputs, outputs } = await readData(folder);
      const feeds = pair(session.inputNames, inputs);
      if (!feeds || outputs.some((each) => !each || !CARRIED.test(each.dtype)))
        return { status: "unfit", detail: folder };
      const answer = await session.run(feeds);
      for (const [i, expected] of outputs.entries()) {
        const got = answer[session.outputNames[i] as string];
        if (!got || !agree(expected as Tensor, got)) return { status: "wrong", detail: `output ${i}` };
      }
    }
  } catch (error) {
    return { status: "refused", detail: messageOf(error) };
  } finally {
    await session.release();
  }
  return { status: "passed", detail: "" };
}

/** The runtime's answers on the data sets of a case, bytes and strings as they are; null where it gives none. */
export async function answers(
  one: OnnxCase,
  model: string | Uint8Array = one.model,
  options: InferenceSession.SessionOptions = {},
): Promise<{ type: string; dims: readonly number[]; data: unknown }[][] | null> {
  const session = await open(model, options).catch(() => null);
  if (!session) return null;
  try {
    const all = [];
    for (const folder of one.data) {
      const feeds = pair(session.inputNames, (await readData(folder)).inputs);
      const answer = feeds && (await session.run(feeds).catch(() => null));
      if (!answer) return null;
      all.push(
        session.outputNames.map((name) => {
          const { type, dims, data } = answer[name] as OrtTensor;
          const kept = ArrayBuffer.isView(data)
            ? Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("hex")
            : [...data];
          return { type, dims: [...dims], data: kept };
        }),
      );
    }
    return all;
  } finally {
    await session.release();
  }
}

function open(
  model: string | Uint8Array,
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  const quiet = { logSeverityLevel: 4, ...options } as const;
  return typeof model === "string"
    ? InferenceSession.create(model, quiet)
    : InferenceSession.create(model, quiet);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const CARRIED = /^(float(16|32|64)|u?int(8|16|32|64)|bool|string)$/;

function pair(
  names: readonly string[],
  tensors: readonly (Tensor | null)[],
): Record<string, OrtTensor> | null {
  if (tensors.length > names.length) return null;
  const feeds: Record<string, OrtTensor> = {};
  for (const [i, tensor] of tensors.entries()) {
    if (!tensor || !CARRIED.test(tensor.dtype)) return null;
    const { dtype, data, shape } = tensor;
    feeds[names[i] as string] = new OrtTensor(dtype as "float32", data as Float32Array, [...shape]);
  }
  return feeds;
}

/** onnx.backend.test: |answer - expected| <= atol + rtol · |expected|. */
const RTOL = 1e-3;
const ATOL = 1e-7;

/** Whether an answer is what is expected: exactly, but for floats, within the ONNX project's own tolerances. */
export function agree({ dtype, data, shape }: Tensor, other: OrtTensor): boolean {
  if (other.type !== dtype || JSON.stringify(shape) !== JSON.stringify(other.dims)) return false;
  const answer = other.data as ArrayLike<unknown>;
  if (answer.length !== data.length) return false;
  const number = dtype === "float16" ? (value: unknown) => fromHalf(Number(value)) : Number;
  const isFloat = dtype.startsWith("float");
  for (let i = 0; i < data.length; i++) {
    if (data[i] === answer[i]) continue;
    if (!isFloat) return false;
    const [expected, got] = [number(data[i]), number(answer[i])];
    if (Object.is(expected, got) || expected === got) continue;
    if (!(Math.abs(got - expected) <= ATOL + RTOL * Math.abs(expected))) return false;
  }
  return true;
}
