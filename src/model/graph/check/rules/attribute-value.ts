import type { Attribute } from "../../graph.ts";
import { nameText, operatorText } from "../../label.ts";
import { LEAST, WORDS } from "../attribute-values.ts";
import type { Rule } from "../rule.ts";

/** Longer than any word of the tables. */
const LONGEST_WORD = 100;
/** Strides and kernels have one number a dimension. */
const MOST_NUMBERS = 64;

export const attributeValue: Rule = {
  id: "attribute-value",
  severity: "error",
  title: "An attribute with a value that the operator does not know",
  remedy: "Look the operator up in the version that the model imports.",
  node({ node, schema }, found) {
    if (!schema || schema.deprecated) return;
    for (const [name, attribute] of node.attributes) {
      const wrong = wrongWord(node.op, name, attribute) ?? wrongNumber(node.op, name, attribute);
      if (wrong !== null)
        found(`The attribute ${nameText(name)} of ${operatorText(node)} is ${wrong}.`, { attribute: name });
    }
  },
};

function wrongWord(op: string, name: string, attribute: Attribute): string | null {
  if (attribute.kind !== "string") return null;
  const row = WORDS.get(name)?.find(({ ops }) => !ops || ops.has(op));
  if (!row) return null;
  const word = new TextDecoder().decode(attribute.value.subarray(0, LONGEST_WORD));
  if (row.words.has(word)) return null;
  return `${JSON.stringify(word)}, which is none of ${[...row.words].join(", ")}`;
}

function wrongNumber(op: string, name: string, attribute: Attribute): string | null {
  if (attribute.kind !== "int" && attribute.kind !== "ints") return null;
  const row = LEAST.get(name)?.find(({ ops }) => ops.has(op));
  if (!row) return null;
  const values = attribute.kind === "int" ? [attribute.value] : attribute.value.slice(0, MOST_NUMBERS);
  for (const value of values) {
    if (value < row.least || (row.most !== undefined && value > row.most))
      return `${value}, where numbers ${row.most === undefined ? `from ${row.least}` : `from ${row.least} to ${row.most}`} belong`;
  }
  return null;
}
