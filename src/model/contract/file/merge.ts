import { fail } from "../../../base/errors/index.ts";
import type { Signature } from "../../tensor/tensor.ts";
import type { Contract, InputContract, ModelFile, OutputContract } from "../contract.ts";
import type { BoxFormat } from "../vision.ts";
import { mergeEvidence, type Written } from "./evidence.ts";
import type { Locate } from "./locate.ts";

const RAW = { scale: 1, mean: [0], std: [1] };

/** What a kind of input is where neither a person nor the file says. */
const INPUT_DEFAULTS: {
  readonly [K in InputContract["kind"]]: Omit<Extract<InputContract, { kind: K }>, "tensor">;
} = {
  image: {
    kind: "image",
    size: [null, null],
    layout: "NCHW",
    color: "RGB",
    resize: "stretch",
    normalize: RAW,
  },
  audio: { kind: "audio", sampleRate: 16_000, frame: null, context: 0 },
  text: { kind: "text", tensors: {}, tokenizer: null, maxLength: null },
  table: { kind: "table", columns: null },
  tensor: { kind: "tensor" },
};

const OUTPUT_DEFAULTS: Readonly<Record<OutputContract["kind"], object>> = {
  scores: { activation: "softmax", labels: null },
  ctc: { activation: "softmax", blank: 0, dictionary: null },
  probability: { threshold: 0.5 },
  detections: {
    box: { type: "boundaries", order: [0, 1, 2, 3], unit: "ratio" },
    activation: "none",
    labels: null,
    threshold: 0.5,
  },
  mask: { pixels: "scores", layout: "NHWC", activation: "none", labels: null, threshold: 0.5 },
  "text-map": { threshold: 0.3, regionThreshold: 0.6, unclip: 1.5 },
  embedding: {},
  tensor: {},
};

/**
 * A contract with what a person wrote in model.yaml, which counts more than what the file declares or the graph shows. What
 * the person left open stays as it was found.
 * @throws CONTRACT_TENSOR_UNKNOWN, CONTRACT_TENSOR_MISSING, naming the line
 */
export function withModelFile(
  contract: Contract,
  file: ModelFile,
  signature: Signature,
  locate: Locate = () => undefined,
): Contract {
  const merged: Contract = structuredClone(contract);
  const written: Written = { fields: new Set(), renamed: new Map(), changed: new Set() };
  if (file.task !== undefined) {
    merged.task = file.task;
    written.fields.add("task");
  }
  for (const key of ["description", "license"] as const) {
    const words = file[key];
    if (words === undefined) continue;
    merged[key] = words;
    written.fields.add(key);
  }
  const inputNames = signature.inputs.map(({ name }) => name);
  const outputNames = signature.outputs.map(({ name }) => name);
  const input: Section = { key: "inputs", tensors: inputNames, defaults: INPUT_DEFAULTS, locate };
  const output: Section = { key: "outputs", tensors: outputNames, defaults: OUTPUT_DEFAULTS, locate };
  mergeParts(merged.inputs, file.inputs, input, written);
  mergeParts(merged.outputs, file.outputs, output, written);
  for (const [name, state] of Object.entries(file.states ?? {})) {
    checkTensor(["states", name, "input"], state.input, input);
    checkTensor(["states", name, "output"], state.output, output);
    for (const [other, found] of Object.entries(merged.states)) {
      if (found.input === state.input || found.output === state.output) delete merged.states[other];
    }
    merged.states[name] = { ...state, start: state.start ?? "zero" };
    forget(merged, [state.input], [state.output]);
    written.fields.add(`states.${name}`);
  }
  for (const [name, constant] of Object.entries(file.constants ?? {})) {
    checkTensor(["constants", name, "tensor"], constant.tensor, input);
    for (const [other, found] of Object.entries(merged.constants)) {
      if (found.tensor === constant.tensor) delete merged.constants[other];
    }
    merged.constants[name] = constant;
    forget(merged, [constant.tensor], []);
    written.fields.add(`constants.${name}`);
  }
  const isGuess = merged.evidence.some(({ field, source }) => field === "task" && source === "graph");
  if (file.task === undefined && isGuess && written.changed.size > 0) {
    // Guessed from parts that are others now: what fits these is found where the task is picked.
    merged.task = null;
    written.changed.add("task");
  }
  merged.evidence = mergeEvidence(merged, file.evidence, written);
  return merged;
}

type Part = InputContract | OutputContract;

/** Inputs or outputs: the model's tensors there, and what their kinds are where nothing is said. */
interface Section {
  readonly key: "inputs" | "outputs";
  readonly tensors: readonly string[];
  readonly defaults: Readonly<Record<string, object>>;
  readonly locate: Locate;
}

function mergeParts<T extends Part>(
  parts: Record<string, T>,
  file: Record<string, { kind: string }> | undefined,
  place: Section,
  written: Written,
): void {
  const { key: section, tensors, defaults } = place;
  for (const [name, given] of Object.entries(file ?? {})) {
    const key = `${section}.${name}`;
    const wanted = tensorsOf(given as Part);
    for (const [path, tensor] of tensorPaths(given as Part)) {
      checkTensor([section, name, ...path], tensor, place);
    }
    const sameName = parts[name];
    const sameTensor = Object.entries(parts).find(([, part]) =>
      tensorsOf(part).some((each) => wanted.includes(each)),
    );
    const found = sameTensor?.[1] ?? sameName ?? onlyOf(parts, given.kind);
    const base = found?.kind === given.kind ? found : { ...defaults[given.kind], ...placeOf(found) };
    const merged = { ...base, ...given } as T;
    if ("normalize" in merged && "normalize" in base) {
      merged.normalize = { ...RAW, ...(base.normalize as object), ...(merged.normalize as object) };
    }
    if ("box" in merged && "box" in base) {
      merged.box = { ...(base.box as BoxFormat), ...(merged.box as Partial<BoxFormat>) };
    }
    if (tensorsOf(merged).length === 0) {
      const [only, second] = tensors;
      if (only === undefined || second !== undefined) {
        const where = place.locate([section, name]);
        throw fail("CONTRACT_TENSOR_MISSING", { key, known: tensors.join(", ") }, where ? { where } : {});
      }
      Object.assign(merged, { tensor: only });
    }
    for (const [other, part] of Object.entries(parts)) {
      const isTaken = tensorsOf(part).some((each) => tensorsOf(merged).includes(each));
      if (part !== found && !isTaken) continue;
      if (part === found && part.kind === given.kind) written.renamed.set(`${section}.${other}`, key);
      else written.changed.add(`${section}.${other}`);
      delete parts[other];
    }
    parts[name] = merged;
    // A tensor without a meaning, which was one before, says nothing.
    if (found?.kind !== given.kind) written.fields.add(key);
    else if (given.kind === "tensor") continue;
    for (const field of Object.keys(given)) if (field !== "kind") written.fields.add(`${key}.${field}`);
  }
}

/** The one part of this kind, where a person gave it another name and no tensor. */
function onlyOf<T extends Part>(parts: Readonly<Record<string, T>>, kind: string): T | undefined {
  const same = Object.values(parts).filter((part) => part.kind === kind);
  const all = Object.values(parts);
  return same.length === 1 ? same[0] : all.length === 1 ? all[0] : undefined;
}

function placeOf(part: Part | undefined): { tensor?: string } {
  return part && "tensor" in part ? { tensor: part.tensor } : {};
}

function tensorsOf(part: Partial<Part>): string[] {
  return tensorPaths(part).map(([, tensor]) => tensor);
}

/** Each tensor of a part, with where the part names it. */
function tensorPaths(part: Partial<Part>): [path: string[], tensor: string][] {
  if ("tensors" in part && part.tensors) {
    return Object.entries(part.tensors).map(([role, tensor]) => [["tensors", role], tensor]);
  }
  return "tensor" in part && part.tensor !== undefined ? [[["tensor"], part.tensor]] : [];
}

/** What has become a state or a constant is no input or output of the task any more. */
function forget(contract: Contract, inputs: readonly string[], outputs: readonly string[]): void {
  for (const [name, part] of Object.entries(contract.inputs)) {
    if (part.kind === "tensor" && inputs.includes(part.tensor)) delete contract.inputs[name];
  }
  for (const [name, part] of Object.entries(contract.outputs)) {
    if (part.kind === "tensor" && outputs.includes(part.tensor)) delete contract.outputs[name];
  }
}

function checkTensor(path: readonly string[], tensor: string, { key, tensors, locate }: Section): void {
  if (tensors.includes(tensor)) return;
  const where = locate(path);
  throw fail(
    "CONTRACT_TENSOR_UNKNOWN",
    { key: path.join("."), tensor, side: key.slice(0, -1), known: tensors.join(", ") },
    where ? { where } : {},
  );
}
