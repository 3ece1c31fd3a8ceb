// A graph of one node of an operator, drawn from the operator's schema alone: most are wrong in one way or another, and many are right.
import {
  type Attribute,
  type AttributeSchema,
  attribute,
  type FormalParameter,
  type Model,
  type OperatorSchema,
  type Value,
} from "../../../src/model/graph/index.ts";
import { constantTensor, type DType, tensorFromNumbers } from "../../../src/model/tensor/index.ts";
import { type Builder, build } from "./build.ts";

/** As typeName() writes them; the others come seldom in old operator sets. */
const DTYPES: ReadonlyMap<string, DType> = new Map([
  ["tensor(float)", "float32"],
  ["tensor(double)", "float64"],
  ["tensor(float16)", "float16"],
  ["tensor(int32)", "int32"],
  ["tensor(int64)", "int64"],
  ["tensor(uint8)", "uint8"],
  ["tensor(bool)", "bool"],
]);

/** Modes and kinds that operators know. */
const WORDS =
  "constant reflect edge nearest linear cubic bilinear SAME_UPPER VALID NOTSET forward reverse FLOAT INT64 asymmetric half_pixel align_corners floor avg max mean sum none".split(
    " ",
  );

/** @returns null for an operator of graphs, sequences and the like */
export function drawNode(schema: OperatorSchema, opset: number, next: () => number): Model | null {
  const isStandard = schema.domain === "";
  let isDrawn = false;
  const model = build(isStandard ? opset : NEUTRAL, (b) => {
    const draw = new Draw(b, next);
    const inputs = draw.inputs(schema.inputs);
    const attributes = inputs && draw.attributes(schema.attributes.values());
    if (!inputs || !attributes) return;
    const most = Math.min(schema.maxOutputs, schema.minOutputs + 3);
    const count = Math.max(schema.minOutputs + draw.below(most - schema.minOutputs + 1), 1);
    for (const [i, output] of b.nodes(schema.name, inputs, count, attributes, schema.domain).entries()) {
      const parameter = schema.outputs[Math.min(i, schema.outputs.length - 1)];
      b.output(output, (parameter && draw.dtypeOf(parameter)) ?? "float32");
    }
    isDrawn = true;
  });
  if (!isStandard) model.opsets.set(schema.domain, opset);
  return isDrawn ? model : null;
}

const NEUTRAL = 17;

class Draw {
  readonly #builder: Builder;
  readonly #next: () => number;
  readonly #types = new Map<string, DType>();
  /** Most shapes have to do with one another. */
  readonly #base: readonly number[];

  constructor(builder: Builder, next: () => number) {
    this.#builder = builder;
    this.#next = next;
    this.#base = this.many(this.below(5), () => this.one([1, 2, 2, 3, 3, 4]));
  }

  below = (limit: number) => Math.floor(this.#next() * limit);
  one = <T>(items: readonly T[]): T => items[this.below(items.length)] as T;
  many = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
  chance = (of: number) => this.#next() < of;

  /** One type for each variable; null where it is none of DTYPES. */
  dtypeOf(parameter: FormalParameter): DType | null {
    const known = this.#types.get(parameter.type);
    if (known) return known;
    const all = [...parameter.allowed].flatMap((name) => DTYPES.get(name) ?? []);
    if (all.length === 0) return null;
    const dtype = this.one(all);
    this.#types.set(parameter.type, dtype);
    return dtype;
  }

  inputs(parameters: readonly FormalParameter[]): (Value | null)[] | null {
    const inputs: (Value | null)[] = [];
    for (const parameter of parameters) {
      const count = parameter.option === "variadic" ? Math.max(parameter.minimum, 1) + this.below(3) : 1;
      for (let i = 0; i < count; i++) {
        const dtype = this.dtypeOf(parameter);
        const isLeft = parameter.option === "optional" && this.chance(0.5);
        if (!dtype && !isLeft) return null;
        inputs.push(dtype && !isLeft ? this.#input(dtype) : null);
      }
    }
    while (inputs.at(-1) === null) inputs.pop();
    return inputs;
  }

  #input(dtype: DType): Value {
    const isWhole = /int/.test(dtype);
    if (!this.chance(isWhole ? 0.7 : 0.2)) {
      const dims = this.#shape().map((dim) => (this.chance(0.1) ? `d${this.below(3)}` : dim));
      return this.#builder.input("x", dtype, this.chance(0.05) ? null : dims);
    }
    const shape = isWhole && this.chance(0.6) ? [this.below(5)] : this.#shape();
    const low = /^u|bool/.test(dtype) ? 0 : -2;
    return this.#builder.constant(dtype, shape, this.#numbers(shape, low, dtype === "bool" ? 2 : 5));
  }

  #numbers(shape: readonly number[], low: number, high: number): number[] {
    const count = shape.reduce((product, dim) => product * dim, 1);
    return this.many(count, () => low + this.below(high - low));
  }

  #shape(): number[] {
    const from = this.below(this.#base.length + 1);
    return this.one([
      () => [...this.#base],
      () => [...this.#base],
      () => this.#base.slice(from),
      () => this.#base.slice(0, from),
      () => this.#base.map((dim) => (this.chance(0.3) ? this.one([1, 2, 3]) : dim)),
      () => this.many(this.below(5), () => 1 + this.below(4)),
    ])();
  }

  attributes(schemas: Iterable<AttributeSchema>): Record<string, Attribute> | null {
    const attributes: Record<string, Attribute> = {};
    for (const schema of schemas) {
      if (!schema.required && this.chance(0.5)) continue;
      const drawn = this.#attribute(schema);
      if (!drawn && schema.required) return null;
      if (drawn) attributes[schema.name] = drawn;
    }
    return attributes;
  }

  #attribute({ kind }: AttributeSchema): Attribute | null {
    const count = this.chance(0.5) ? this.#base.length * (1 + this.below(2)) : this.below(5);
    switch (kind) {
      case "int":
        return attribute.int(this.chance(0.15) ? this.one([1, 6, 7, 9, 10, 11]) : this.below(7) - 2);
      case "ints":
        return attribute.ints(this.many(count, () => this.below(5) - 1));
      case "float":
        return attribute.float(this.one([0, 1, 2, 0.5, -1, 1.5]));
      case "floats":
        return attribute.floats(this.many(count, () => this.one([1, 2, 0.5, 3])));
      case "string":
        return attribute.string(this.one(WORDS));
      case "tensor": {
        const shape = this.chance(0.5) ? [1] : this.#shape();
        const dtype = this.one<DType>(["float32", "int64"]);
        const tensor = tensorFromNumbers(dtype, shape, this.#numbers(shape, 0, 3));
        return { kind, value: constantTensor(tensor, "the test") };
      }
      default:
        return null;
    }
  }
}
