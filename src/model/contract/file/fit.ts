import type { Dim, Signature } from "../../tensor/tensor.ts";
import type { Contract, OutputContract } from "../contract.ts";
import { fitImage } from "./fit-image.ts";
import { type Said, type Source, saidOf, shown } from "./said.ts";

/**
 * Holds what model.yaml says to the shapes of the model. Only what the file itself says is looked at: what was declared elsewhere
 * or found has been weighed where it was found.
 * @throws CONTRACT_MISFIT, naming the line
 */
export function checkFit(contract: Contract, signature: Signature, source: Source): void {
  const inputs = new Map(signature.inputs.map((spec) => [spec.name, spec.shape]));
  const outputs = new Map(signature.outputs.map((spec) => [spec.name, spec.shape]));
  for (const [name, input] of Object.entries(contract.inputs)) {
    const tensor = input.kind === "text" ? (input.tensors.ids ?? "") : input.tensor;
    const said = saidOf(["inputs", name], tensor, inputs, source);
    if (input.kind === "image") fitImage(input, said);
    else if (input.kind === "table" && input.columns) fitCount(said, "columns", input.columns.length);
    else if (input.kind === "text" && input.maxLength !== null) fitLength(said, input.maxLength);
    else if (input.kind === "audio" && input.frame !== null) {
      fitCount(said, "frame", input.frame + input.context, `${input.frame} + ${input.context} of context`);
    }
  }
  for (const [name, output] of Object.entries(contract.outputs)) {
    const tensor = "tensor" in output ? output.tensor : output.tensors.scores;
    const said = saidOf(["outputs", name], tensor, outputs, source);
    fitThreshold(output, said);
    if (output.kind === "mask" && said.has("layout") && said.shape) {
      if (said.shape.length !== output.layout.length) {
        throw said.refuse(
          ["layout"],
          `${output.layout} has ${output.layout.length} dimensions, and ${tensor} is ${shown(said.shape)}`,
        );
      }
    }
    const labels = output.kind === "ctc" ? output.dictionary : "labels" in output ? output.labels : null;
    if (Array.isArray(labels)) fitLabels(output, said, labels.length);
  }
}

/**
 * Holds the labels of a file that model.yaml names to the output's classes.
 * @param count lines of the file
 * @throws CONTRACT_MISFIT
 */
export function checkLabels(
  contract: Contract,
  name: string,
  count: number,
  signature: Signature,
  source: Source,
): void {
  const output = contract.outputs[name];
  if (!output || !("tensor" in output)) return;
  const shapes = new Map(signature.outputs.map((spec) => [spec.name, spec.shape]));
  fitLabels(output, saidOf(["outputs", name], output.tensor, shapes, source), count);
}

function fitCount(said: Said, key: string, count: number, words = `${count}`): void {
  const last = said.shape?.at(-1);
  if (typeof last !== "number" || last === count || !said.has(key)) return;
  throw said.refuse([key], `they are ${words}, and ${said.tensor} ${shown(said.shape)} takes ${last}`);
}

function fitLength(said: Said, most: number): void {
  const last = said.shape?.at(-1);
  if (typeof last !== "number" || most <= last || !said.has("maxLength")) return;
  throw said.refuse(["maxLength"], `${said.tensor} ${shown(said.shape)} takes no more than ${last}`);
}

/** A probability is from 0 to 1: with another threshold nothing is answered, or everything. */
function fitThreshold(output: OutputContract, said: Said): void {
  if (!("threshold" in output) || output.threshold === undefined || !("activation" in output)) return;
  if (output.activation === "none" || ("calibration" in output && output.calibration)) return;
  if (output.threshold >= 0 && output.threshold <= 1) return;
  if (!said.has("threshold")) return;
  const words = `${output.threshold} is not from 0 to 1, where scores are after ${output.activation}`;
  throw said.refuse(["threshold"], words);
}

/** One label a class; the dictionary of a CTC output lacks the blank, and may lack the space behind all others. */
function fitLabels(output: OutputContract, said: Said, count: number): void {
  const key = output.kind === "ctc" ? "dictionary" : "labels";
  const classes = classesOf(output, said.shape);
  if (classes === null || !said.has(key)) return;
  const right = output.kind === "ctc" ? [classes - 1, classes - 2] : [classes];
  if (right.includes(count)) return;
  const wanted = output.kind === "ctc" ? `${classes - 1} characters and the blank` : `${classes} classes`;
  throw said.refuse([key], `there are ${count}, and ${said.tensor} ${shown(said.shape)} has ${wanted}`);
}

/** How many classes the shape tells; null where it tells none, or none that stand for labels. */
function classesOf(output: OutputContract, shape: readonly Dim[] | null): number | null {
  if (!shape) return null;
  const whole = (dim: Dim | undefined) => (typeof dim === "number" ? dim : null);
  if (output.kind === "ctc") return whole(shape.at(-1));
  if (output.kind === "mask") {
    if (output.pixels !== "scores" || shape.length !== output.layout.length) return null;
    const at = output.layout.indexOf("C");
    return at < 0 ? null : whole(shape[at]);
  }
  if (output.kind !== "scores") return null;
  const dims = [...shape];
  while (dims.length > 2 && dims.at(-1) === 1) dims.pop();
  return whole(dims.at(-1));
}
