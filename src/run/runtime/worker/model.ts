// The only file that knows onnxruntime-node. It is imported when a model is loaded, inside a worker: by then the
// host has set ORT_DISABLE_TELEMETRY, which a static import would run ahead of.
import type { InferenceSession, Tensor as RuntimeTensor } from "onnxruntime-node";
import { fail, type ModelyardError, toPlainError } from "../../../base/errors/index.ts";
import { DTYPES, type DType } from "../../../model/tensor/dtype.ts";
import type { Dim, Signature, TensorData, TensorSpec } from "../../../model/tensor/tensor.ts";
import { isCarried } from "../elements.ts";
import { withFloatSums } from "../providers/exact-sums.ts";
import type { Answer, Ask, RuntimeOptions, Slot } from "./messages.ts";

export interface Model {
  readonly signature: Signature;
  /** Names of all outputs, those that cannot be read among them. */
  readonly outputs: readonly string[];
  /** Never throws: an error is an answer. */
  answer(ask: Ask): Promise<Answer>;
  /** Throws what the runtime throws. */
  run(outputs: readonly string[], slots: readonly Slot[]): Promise<Slot[]>;
  /** Writes the profile, where the options asked for one. */
  endProfiling(): void;
  release(): Promise<void>;
}

/** Loads the runtime's code, if it is not there yet. */
export async function loadRuntime(): Promise<typeof import("onnxruntime-node")> {
  const runtime = await import("onnxruntime-node");
  keepHalvesAsWords(runtime);
  return runtime;
}

/**
 * Where JavaScript has a Float16Array, as from Node 24 on, the runtime's JavaScript makes one of the words of a 16-bit tensor, and its
 * native part takes none ("not enough space: expected 4, got 0", seen with onnxruntime-node 1.30.0). It looks for it once, when the
 * first tensor is made: here, and finds none.
 */
function keepHalvesAsWords({ Tensor }: typeof import("onnxruntime-node")): void {
  const found = Object.getOwnPropertyDescriptor(globalThis, "Float16Array");
  if (found === undefined) return;
  Reflect.deleteProperty(globalThis, "Float16Array");
  try {
    new Tensor("bool", [true], []);
  } finally {
    Object.defineProperty(globalThis, "Float16Array", found);
  }
}

/**
 * @param path for messages; the model is read from there unless its bytes are given
 * @throws RUN_LOAD_FAILED, RUN_TYPE_UNSUPPORTED
 */
export async function loadModel(path: string, options: RuntimeOptions, bytes?: Uint8Array): Promise<Model> {
  const runtime = await loadRuntime();
  const create = (settings: InferenceSession.SessionOptions) =>
    bytes === undefined
      ? runtime.InferenceSession.create(path, settings)
      : runtime.InferenceSession.create(bytes, settings);
  const session = await create(options)
    .catch((error) => {
      const others = withFloatSums(options, error);
      if (others === null) throw error;
      return create(others);
    })
    .catch((error) => {
      throw loadError(path, error);
    });
  const signature = readSignature(session, path);
  const { Tensor } = runtime;

  async function run(outputs: readonly string[], slots: readonly Slot[]): Promise<Slot[]> {
    const feeds: Record<string, RuntimeTensor> = Object.create(null);
    for (const [i, spec] of signature.inputs.entries()) {
      // The types of the runtime's constructor know only literal names.
      const make = Tensor as unknown as new (type: string, data: Slot, dims: Slot) => RuntimeTensor;
      feeds[spec.name] = new make(spec.dtype, slots[2 * i + 1] as Slot, slots[2 * i] as Slot);
    }
    const results = await session.run(feeds, outputs);
    return outputs.flatMap((name) => {
      const { dims, data } = results[name] as RuntimeTensor;
      return [dims, data as TensorData];
    });
  }

  return {
    signature,
    outputs: session.outputNames,
    run,
    async answer([id, outputs, ...slots]) {
      try {
        return [id, null, ...(await run(outputs, slots))];
      } catch (error) {
        return [id, toPlainError(runError(error))];
      }
    },
    endProfiling: () => session.endProfiling(),
    release: () => session.release(),
  };
}

function readSignature(session: InferenceSession, path: string): Signature {
  const inputs = session.inputMetadata.map((meta) => {
    const spec = readSpec(meta);
    if (spec !== null) return spec;
    throw fail(
      "RUN_TYPE_UNSUPPORTED",
      { value: `Input ${meta.name}`, type: meta.isTensor ? meta.type : "a sequence or a map" },
      { where: path },
    );
  });
  const outputs = session.outputMetadata.map(readSpec).filter((spec) => spec !== null);
  return { inputs, outputs };
}

/** Null where the binding cannot carry it: a sequence, a map, or a type under 8 bits (whose output ends the process). */
function readSpec(meta: InferenceSession.ValueMetadata): TensorSpec | null {
  if (!meta.isTensor || !isCarried(meta.type)) return null;
  const shape = meta.shape.map((dim): Dim => (dim === "" ? null : dim));
  return { name: meta.name, dtype: meta.type, shape };
}

function loadError(path: string, error: unknown): ModelyardError {
  const problem = plainText(error);
  const [, number] = /^Unsupported data type: (\d+)$/.exec(problem) ?? [];
  if (number === undefined) return fail("RUN_LOAD_FAILED", { path, problem }, { cause: error });
  const names = Object.keys(DTYPES) as DType[];
  const type = names.find((name) => DTYPES[name].onnx === Number(number)) ?? `type ${number}`;
  return fail("RUN_TYPE_UNSUPPORTED", { value: "An input or output", type }, { where: path, cause: error });
}

const NO_MEMORY = /Failed to allocate memory|bad_alloc|bad allocation|Array buffer allocation failed/i;

function runError(error: unknown): ModelyardError {
  const problem = plainText(error);
  return fail(NO_MEMORY.test(problem) ? "RUN_MEMORY" : "RUN_FAILED", { problem }, { cause: error });
}

/** The runtime's message without the C++ file and signature that stand before what it says. */
function plainText(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text
    .replace(/\/onnxruntime_src\/\S+?:\d+ [^\n]*?\)(?: const)? (?=[A-Z[])/g, "")
    .replace(/\s+/g, " ")
    .trim();
}
