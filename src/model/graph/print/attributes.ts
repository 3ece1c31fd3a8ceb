import type { LazyTensor } from "../../tensor/tensor.ts";
import type { Attribute, Node, SparseTensor } from "../graph.ts";
import type { PrintDetails } from "./details.ts";
import { COMMA, JOINT, unfolded } from "./fold.ts";
import { nameOf } from "./names.ts";
import { elementsText, floatText, stringText } from "./numbers.ts";
import { shapeText, typeText } from "./types.ts";

/** Contents that are not folded. */
const MOST_TOGETHER = 6;
/** Members of a list that are written, and attributes of a node. */
const MOST = 24;

/** "<axis=1, mode="linear">"; graphs are written below the node. Nothing where there are none. */
export function attributesText(node: Node, details: PrintDetails): string {
  const parts: string[] = [];
  for (const [name, attribute] of node.attributes) {
    if (attribute.kind === "graph" || attribute.kind === "graphs") continue;
    if (parts.length >= MOST)
      return `<${JOINT}${parts.join(COMMA)}${COMMA}…${node.attributes.size - MOST} more>`;
    parts.push(`${nameOf(name)}=${textOf(attribute, details)}`);
  }
  return parts.length === 0 ? "" : `<${JOINT}${parts.join(COMMA)}>`;
}

/** One attribute for a sentence: "[1,1]", "0.5", "int64[2]"; of graphs only that they are. */
export function attributeText(attribute: Attribute): string {
  return unfolded(textOf(attribute, {}));
}

function textOf(attribute: Attribute, details: PrintDetails): string {
  switch (attribute.kind) {
    case "int":
      return String(attribute.value);
    case "float":
      return floatText(attribute.value);
    case "string":
      return stringText(attribute.value);
    case "ints":
      return listText(attribute.value, String);
    case "floats":
      return listText(attribute.value, floatText);
    case "strings":
      return listText(attribute.value, stringText);
    case "tensor":
      return tensorText(attribute.value, details);
    case "tensors":
      return listText(attribute.value, (each) => tensorText(each, details));
    case "sparse":
      return sparseText(attribute.value);
    case "sparses":
      return listText(attribute.value, sparseText);
    case "type":
      return typeText(attribute.value);
    case "types":
      return listText(attribute.value, typeText);
    case "reference":
      return `@${nameOf(attribute.value)}`;
    default:
      return "graph";
  }
}

export function listText<T>(items: readonly T[], write: (item: T) => string, most: number = MOST): string {
  const shown = items.slice(0, most).map(write);
  if (items.length > most) shown.push(`…${items.length - most} more`);
  return `[${shown.join(",")}]`;
}

/** "int64[2] {1,256}"; without the contents where these are not at hand. */
export function tensorText(tensor: LazyTensor, details: PrintDetails): string {
  const contents = contentsText(tensor, details);
  return `${tensor.dtype}${shapeText(tensor.shape)}${contents === null ? "" : ` ${contents}`}`;
}

/** "{1,256}" */
export function contentsText(tensor: LazyTensor, { contents }: PrintDetails): string | null {
  const known = contents?.get(tensor);
  if (!known) return null;
  const elements = elementsText(known);
  return `{${elements.join(elements.length > MOST_TOGETHER ? COMMA : ",")}}`;
}

export function sparseText({ values, shape }: SparseTensor): string {
  return `sparse ${values.dtype}${shapeText(shape)} of ${values.shape[0] ?? 0} values`;
}
