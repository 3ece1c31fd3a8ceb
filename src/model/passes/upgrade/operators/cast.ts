import { setAttribute } from "../../../graph/attributes.ts";
import { attribute } from "../../../graph/edit.ts";
import type { Adapter } from "../adapter.ts";
import { readText } from "../attributes.ts";

/** TensorProto.DataType as opset 1 spelt it. */
const NUMBERS: ReadonlyMap<string, number> = new Map(
  "FLOAT UINT8 INT8 UINT16 INT16 INT32 INT64 STRING BOOL FLOAT16 DOUBLE UINT32 UINT64 COMPLEX64 COMPLEX128"
    .split(" ")
    .map((name, i) => [name, i + 1]),
);

export const cast: Adapter = {
  op: "Cast",
  since: 6,
  adapt(node, step) {
    // Exporters wrote the number into files of older operator sets too.
    if (node.attributes.get("to")?.kind === "int") return;
    const name = readText(node, "to", step) ?? step.refuse("it has no attribute to");
    const number = NUMBERS.get(name.toUpperCase()) ?? step.refuse(`${name} is no element type`);
    setAttribute(node, "to", attribute.int(number));
  },
};
