import type { Dim, Signature, TensorSpec } from "../../tensor/tensor.ts";
import { type Declared, type DeclaredTensor, misfit } from "./declared.ts";

/** What else is known of a model when a config.pbtxt is compared with it. */
export interface Surroundings {
  /** The folder that holds the file: Triton knows a model by it. */
  readonly folder: string;
  /** Tensors that no request gives or gets, because they are states or constants of the contract. */
  readonly held: ReadonlySet<string>;
  /** Whether the model keeps states, so that the requests of a sequence have something to share. */
  readonly keepsStates: boolean;
}

/**
 * Holds a config.pbtxt to the model beside it, as Triton's ONNX Runtime backend does when it loads a model
 * (onnxruntime.cc, ValidateInputs and ValidateOutputs), so that one which was written for another model, or for an
 * older version of this one, is no surprise to whoever asks.
 *
 * @returns the signature with the lengths that the file fixes where the model leaves them open, and the outputs it offers
 * @throws CONTRACT_PBTXT_MISFIT, naming the line
 */
export function compareDeclared(declared: Declared, signature: Signature, around: Surroundings): Signature {
  const { where, name, batch } = declared;
  if (name !== null && name.text !== "" && name.text !== around.folder) {
    const problem = `it is for a model named ${name.text}, and lies in the folder ${around.folder}`;
    throw misfit(where, name.line, problem);
  }
  if (declared.sequences !== null && !around.keepsStates) {
    const problem =
      "sequence_batching is for models with states, and this one keeps nothing between requests";
    throw misfit(where, declared.sequences, problem);
  }
  if (batch.size > 0) checkRows(declared, signature, around);
  const inputs = compareSide(declared, signature.inputs, "input");
  const outputs = compareSide(declared, signature.outputs, "output");
  const told = new Set([...declared.inputs.map((input) => input.name), ...declared.states, ...around.held]);
  const missing = declared.inputs.length > 0 && signature.inputs.find((input) => !told.has(input.name));
  if (missing) {
    const line = declared.inputs[0]?.line ?? 1;
    throw misfit(where, line, `the model also has the input ${missing.name}, which the file does not tell`);
  }
  return { inputs, outputs };
}

/** Rows are counted by an open first dimension of every tensor that a request gives or gets. */
function checkRows({ where, batch, states }: Declared, signature: Signature, { held }: Surroundings): void {
  for (const [side, specs] of [
    ["input", signature.inputs],
    ["output", signature.outputs],
  ] as const) {
    for (const { name, shape } of specs) {
      if (held.has(name) || states.includes(name) || typeof shape?.[0] !== "number") continue;
      const problem = `max_batch_size is ${batch.size}, but the first dimension of the ${side} ${name} is always ${shape[0]}`;
      throw misfit(where, batch.line, problem);
    }
  }
}

function compareSide(
  declared: Declared,
  specs: readonly TensorSpec[],
  section: "input" | "output",
): readonly TensorSpec[] {
  const tensors = new Map(declared[`${section}s`].map((tensor) => [tensor.name, tensor]));
  const compared = specs.map((spec) => {
    const tensor = tensors.get(spec.name);
    tensors.delete(spec.name);
    return tensor ? compareTensor(declared, tensor, spec, section) : spec;
  });
  const [unknown] = tensors.values();
  if (!unknown) {
    // Outputs that a configuration leaves out are not offered; one that tells none leaves them to the model.
    const offered = new Set(declared[`${section}s`].map((tensor) => tensor.name));
    return section === "input" || offered.size === 0
      ? compared
      : compared.filter(({ name }) => offered.has(name) || declared.states.includes(name));
  }
  const known = specs.map((spec) => spec.name).join(", ") || "none";
  throw misfit(
    declared.where,
    unknown.line,
    `the model has no ${section} ${unknown.name}; its ${section}s are ${known}`,
  );
}

function compareTensor(
  { where, batch }: Declared,
  { name, dtype, dims, line }: DeclaredTensor,
  spec: TensorSpec,
  section: "input" | "output",
): TensorSpec {
  const { shape } = spec;
  // An output whose type the file does not tell has no shape either, and a type that stands for any.
  if (shape === null && section === "output") return spec;
  if (dtype !== spec.dtype) {
    throw misfit(where, line, `the ${section} ${name} is ${spec.dtype}, and not ${dtype}`);
  }
  if (shape === null) return spec;
  // What has no dimensions has one value, which Triton's configurations write as [ 1 ].
  if (shape.length === 0 && dims.every((dim) => dim === 1)) return spec;
  const full = batch.size > 0 ? [-1, ...dims] : dims;
  const fits =
    full.length === shape.length && shape.every((dim, at) => typeof dim !== "number" || dim === full[at]);
  if (!fits) {
    const rows = batch.size > 0 ? ", with the rows that max_batch_size puts before its dims" : "";
    const problem = `the ${section} ${name} has the shape ${shown(shape)}, and not [${full.join(", ")}]${rows}`;
    throw misfit(where, line, problem);
  }
  // Of outputs the model decides; that theirs be shorter or longer is not in anybody's hand.
  if (section === "output") return spec;
  return { ...spec, shape: shape.map((dim, at) => (full[at] === -1 ? dim : (full[at] as number))) };
}

function shown(shape: readonly Dim[]): string {
  return `[${shape.map((dim) => (typeof dim === "number" ? dim : -1)).join(", ")}]`;
}
