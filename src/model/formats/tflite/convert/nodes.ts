import type { Value } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import type { DType } from "../../../tensor/dtype.ts";
import { DTYPES } from "../../../tensor/index.ts";
import type { LazyTensor } from "../../../tensor/tensor.ts";
import type { Context } from "./context.ts";
import type { Attributes, Emitter } from "./emit.ts";

/** Nodes and constants that are put into one graph. */
export class Nodes {
  readonly context: Context;
  protected readonly emit: Emitter;
  /** Of the graph that all others stand in. */
  readonly #outermost: Emitter;

  constructor(context: Context, emit: Emitter, outer: Nodes | null) {
    this.context = context;
    this.emit = emit;
    this.#outermost = outer ? outer.#outermost : emit;
  }

  /** A node of one output. */
  node(op: string, inputs: readonly (Value | null)[], attributes?: Attributes, domain?: string): Value {
    return this.nodes(op, inputs, 1, attributes, domain)[0] as Value;
  }

  /** A node of several outputs. */
  nodes(
    op: string,
    inputs: readonly (Value | null)[],
    outputs: number,
    attributes?: Attributes,
    domain?: string,
  ): Value[] {
    return this.emit.nodes(op, inputs, outputs, attributes, domain);
  }

  transpose(value: Value, perm: readonly number[]): Value {
    if (perm.every((axis, i) => axis === i)) return value;
    return this.node("Transpose", [value], { perm: attribute.ints(perm) });
  }

  cast(value: Value, dtype: DType): Value {
    return this.node("Cast", [value], { to: attribute.int(DTYPES[dtype].onnx) });
  }

  /** A constant list of whole numbers: int64, [n]. */
  ints(numbers: readonly number[]): Value {
    return this.numbersAs("int64", [numbers.length], numbers);
  }

  /** A constant number, of rank 0. */
  scalar(number: number, dtype: DType = "float32"): Value {
    return this.numbersAs(dtype, [], [number]);
  }

  /** A constant of a few numbers. */
  numbersAs(dtype: DType, shape: readonly number[], numbers: readonly (number | bigint)[]): Value {
    return this.emit.numbers(dtype, shape, numbers, "constant");
  }

  /** A constant of any size. */
  constant(content: LazyTensor, hint = content.name): Value {
    return this.emit.constant(content, hint);
  }

  /** A constant of any size that is made once for a name, and that all graphs of the model read. */
  shared(name: string, make: () => LazyTensor): Value {
    return this.#outermost.once(name, make, name);
  }

  /** Says that a node is of a newer version of ai.onnx. */
  needOpset(version: number): void {
    const { opsets } = this.context;
    opsets.set("", Math.max(opsets.get("") ?? 0, version));
  }

  /** Notes that the result does not compute exactly what the original does. */
  approximate(text: string): void {
    this.context.approximations.add(text);
  }
}
