import type { Model, Node, Value } from "../../../model/graph/graph.ts";
import type { Dim } from "../../../model/tensor/tensor.ts";
import { type Ask, CARRIERS, READERS } from "./readers.ts";

/** What the operators that read an input tell of values with which they can work. */
export interface Hint {
  /** Least and greatest value, both included; infinite where nothing limits it. */
  readonly low: number;
  readonly high: number;
  /** Values that the graph compares with or looks up. */
  readonly known: readonly (number | string)[];
  /** Lengths that the graph needs, by dimension. */
  readonly lengths: ReadonlyMap<number, number>;
  /** All elements, where nothing else will do; null where anything may. */
  readonly exact: readonly number[] | null;
}

/** Values of constants up to this many elements are read for hints: tables of words and thresholds, not weights. */
const MAX_READ = 4_096;
/** Values that an input is followed through: what is further away says nothing about the input's own values. */
const MAX_FOLLOWED = 10_000;

/**
 * Looks at what reads each input of a model, through operators that hand values on as they are: an index into a table is
 * less than the table is long, a divisor is not zero, a text is one of those that an encoder knows.
 */
export async function hintsOf(model: Model): Promise<Map<string, Hint>> {
  const hints = new Map<string, Hint>();
  for (const input of model.graph.inputs) hints.set(input.name, await hintOf(input));
  return hints;
}

async function hintOf(input: Value): Promise<Hint> {
  let [low, high] = [-Infinity, Infinity];
  const known = new Set<number | string>();
  const lengths = new Map<number, number>();
  let exact: readonly number[] | null = null;
  const seen = new Set<Value>([input]);
  // A value with whether its dimensions are still those of the input.
  const waiting: [Value, boolean][] = [[input, true]];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [value, shaped] = next;
    for (const { node, index } of value.uses) {
      const told = (await READERS.get(keyOf(node))?.(ask(node, index))) ?? {};
      low = Math.max(low, told.low ?? -Infinity);
      high = Math.min(high, told.high ?? Infinity);
      exact ??= told.exact ?? null;
      for (const each of told.known ?? []) known.add(each);
      if (shaped) {
        for (const [axis, length] of told.lengths ?? []) if (!lengths.has(axis)) lengths.set(axis, length);
      }
      const carrier = CARRIERS.get(node.domain === "" ? node.op : "");
      if (carrier?.inputs && !carrier.inputs.includes(index)) continue;
      for (const output of carrier ? node.outputs : []) {
        if (!output || seen.has(output) || seen.size >= MAX_FOLLOWED) continue;
        seen.add(output);
        waiting.push([output, shaped && carrier?.shape === true]);
      }
    }
  }
  return { low, high: Math.max(low, high), known: [...known], lengths, exact };
}

function keyOf({ domain, op }: Node): string {
  return domain === "" ? op : `${domain}.${op}`;
}

function ask(node: Node, index: number): Ask {
  return { node, index, shapeOf, numbersOf };
}

function shapeOf(value: Value | null | undefined): readonly Dim[] | null {
  if (!value) return null;
  if (value.constant) return value.constant.shape;
  const attribute = value.producer?.op === "Constant" ? value.producer.attributes.get("value") : undefined;
  if (attribute?.kind === "tensor") return attribute.value.shape;
  return value.type?.kind === "tensor" ? value.type.shape : null;
}

/** The elements of a small constant of whole or real numbers; null for anything else. */
async function numbersOf(value: Value | null | undefined): Promise<number[] | null> {
  const attribute = value?.producer?.op === "Constant" ? value.producer.attributes.get("value") : undefined;
  const tensor = value?.constant ?? (attribute?.kind === "tensor" ? attribute.value : null);
  if (!tensor || tensor.dtype === "string" || tensor.shape.reduce((a, b) => a * b, 1) > MAX_READ) return null;
  const { data } = await tensor.read();
  return Array.from(data as ArrayLike<number | bigint>, Number);
}
