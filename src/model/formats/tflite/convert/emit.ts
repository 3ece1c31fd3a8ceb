import { attributesOf } from "../../../graph/attributes.ts";
import type { Attribute, Graph, Value } from "../../../graph/graph.ts";
import type { Names } from "../../../graph/index.ts";
import type { DType } from "../../../tensor/dtype.ts";
import { constantTensor, tensorFromNumbers } from "../../../tensor/index.ts";
import type { LazyTensor } from "../../../tensor/tensor.ts";

export type Attributes = Readonly<Record<string, Attribute>>;

/** Puts nodes and constants into one graph; values get their names when all of them are there. */
export class Emitter {
  readonly graph: Graph;
  readonly #names: Names;
  readonly #values: { readonly value: Value; hint: string }[] = [];
  readonly #constants = new Map<string, Value>();
  /** What is being converted, for the names of nodes: "CONV_2D_12". */
  label = "";
  #count = 0;
  /** How often operators of bodies were begun with, by label. */
  readonly #begun = new Map<string, number>();

  constructor(graph: Graph, names: Names) {
    this.graph = graph;
    this.#names = names;
  }

  /** A value without a name yet. */
  value(hint: string): Value {
    const value: Value = {
      name: "",
      graph: this.graph,
      type: null,
      producer: null,
      uses: [],
      constant: null,
    };
    this.#values.push({ value, hint });
    return value;
  }

  /** A node behind all others. */
  nodes(
    op: string,
    inputs: readonly (Value | null)[],
    outputs: number,
    attributes: Attributes = {},
    domain = "",
  ): Value[] {
    const { graph, label } = this;
    // What is left out at the end need not be named.
    let length = inputs.length;
    while (length > 0 && !inputs[length - 1]) length--;
    const name = `${label}/${op}${this.#count === 0 ? "" : `_${this.#count}`}`;
    this.#count++;
    const made = Array.from({ length: outputs }, () => this.value(name));
    const node = {
      domain,
      op,
      overload: "",
      name,
      inputs: inputs.slice(0, length),
      outputs: [...made],
      attributes: attributesOf(attributes),
      graph,
    };
    for (const [index, value] of node.inputs.entries()) value?.uses.push({ node, index });
    for (const value of made) value.producer = node;
    graph.nodes.push(node);
    return made;
  }

  /** Begins with the next operator. @param isOfBody it may be written out several times, with a label of its own each time */
  begin(label: string, isOfBody: boolean): void {
    const times = isOfBody ? (this.#begun.get(label) ?? 0) + 1 : 1;
    if (isOfBody) this.#begun.set(label, times);
    this.label = times === 1 ? label : `${label}.${times}`;
    this.#count = 0;
  }

  constant(content: LazyTensor, hint: string): Value {
    const value = this.value(hint);
    const { dtype, shape } = content;
    value.type = { kind: "tensor", dtype, shape };
    value.constant = content;
    return value;
  }

  /** A constant of a few numbers; equal ones are one. */
  numbers(
    dtype: DType,
    shape: readonly number[],
    numbers: readonly (number | bigint)[],
    hint: string,
  ): Value {
    const key = `${dtype} ${shape.join()} ${numbers.map((each) => (Object.is(each, -0) ? "-0" : each)).join()}`;
    return this.once(key, () => constantTensor(tensorFromNumbers(dtype, shape, numbers), "made"), hint);
  }

  /** A constant that is made once for a key. */
  once(key: string, make: () => LazyTensor, hint: string): Value {
    const known = this.#constants.get(key);
    if (known) return known;
    const value = this.constant(make(), hint);
    this.#constants.set(key, value);
    return value;
  }

  /** Gives a value its name, unless it has one. */
  name(value: Value, wanted: string): void {
    if (value.name !== "") return;
    this.take(value, this.#names.fresh(wanted));
  }

  /** Gives a value a name that was kept for it. */
  take(value: Value, name: string): void {
    value.name = name;
    this.graph.values.set(name, value);
  }

  /** Gives a value another name, one that was kept for it. */
  rename(value: Value, name: string): void {
    if (value.name !== "") this.graph.values.delete(value.name);
    this.take(value, name);
  }

  /** Names what has no name yet, after what computes it. */
  finish(): void {
    for (const { value, hint } of this.#values) this.name(value, hint);
  }
}
