import { fail } from "../../../base/errors/index.ts";
import { fromHalf } from "../../../model/tensor/index.ts";
import type { Tensor, Tensors } from "../../../model/tensor/tensor.ts";
import { hasDatatype } from "./datatype.ts";
import type { Plan } from "./plan.ts";
import { writeDouble, writeFloat } from "./write-number.ts";

/**
 * The answer of the Open Inference Protocol as JSON text, data flat in row-major order. Written by hand: JSON.stringify
 * would need every typed array copied into a list first, and prints a float32 with the digits of a double.
 *
 * @param names outputs in the order in which they were asked for
 * @throws SERVE_DATATYPE_NO_JSON
 */
export function writeResponse(
  plan: Plan,
  tensors: Tensors,
  names: readonly string[],
  id: string | undefined,
): string {
  let text = plan.head;
  if (id !== undefined) text += `,"id":${JSON.stringify(id)}`;
  text += ',"outputs":[';
  for (let index = 0; index < names.length; index++) {
    const name = names[index] as string;
    const output = plan.outputs.get(name);
    const tensor = tensors[name];
    if (!output || !tensor) throw fail("INTERNAL", { problem: `The model did not give its output ${name}.` });
    text += `${index === 0 ? "" : ","}${output.head}${tensor.shape}],"data":[${writeData(name, tensor)}]}`;
  }
  return `${text}]}`;
}

function writeData(name: string, tensor: Tensor): string {
  const { dtype, data } = tensor;
  if (!hasDatatype(dtype)) throw fail("SERVE_DATATYPE_NO_JSON", { name, dtype });
  switch (dtype) {
    case "float32":
      return writeEach(data as Float32Array, writeFloat);
    case "float64":
      return writeEach(data as Float64Array, writeDouble);
    case "float16":
      return writeEach(data as Uint16Array, writeHalf);
    case "bool":
      return writeEach(data as Uint8Array, writeBool);
    case "string":
      // Well-formed since ES2019: half a surrogate pair is written as its escape.
      return (data as string[]).map((value) => JSON.stringify(value)).join(",");
    default:
      return data.join(",");
  }
}

function writeEach(data: ArrayLike<number>, write: (value: number) => string): string {
  if (data.length === 0) return "";
  let text = write(data[0] as number);
  for (let index = 1; index < data.length; index++) text += `,${write(data[index] as number)}`;
  return text;
}

function writeHalf(bits: number): string {
  return writeFloat(fromHalf(bits));
}

function writeBool(value: number): string {
  return value === 0 ? "false" : "true";
}
