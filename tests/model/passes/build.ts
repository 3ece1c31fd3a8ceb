// Small models, written down in a few lines.
import {
  type Attribute,
  addConstant,
  addValue,
  type Graph,
  GraphEdit,
  type Model,
  Names,
  type Node,
  type Value,
} from "../../../src/model/graph/index.ts";
import { constantTensor, type Dim, type DType, tensorFromNumbers } from "../../../src/model/tensor/index.ts";

export class Builder {
  readonly model: Model;
  readonly graph: Graph;
  readonly #names: Names;

  constructor(model: Model, graph: Graph, names: Names) {
    this.model = model;
    this.graph = graph;
    this.#names = names;
  }

  input(name: string, dtype: DType, shape: readonly Dim[] | null): Value {
    const value = addValue(this.graph, this.#names.fresh(name), { kind: "tensor", dtype, shape });
    this.graph.inputs.push(value);
    return value;
  }

  constant(dtype: DType, shape: readonly number[], numbers: readonly (number | bigint)[], name = "c"): Value {
    const tensor = tensorFromNumbers(dtype, shape, numbers);
    return addConstant(this.graph, this.#names.fresh(name), constantTensor(tensor, "the test", name));
  }

  /** Numbers from -0.5 to 0.5 that are the same on every machine. */
  weights(shape: readonly number[], seed = 1, dtype: DType = "float32"): Value {
    let state = seed;
    const count = shape.reduce((product, dim) => product * dim, 1);
    const numbers = Array.from({ length: count }, () => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647 - 0.5;
    });
    return this.constant(dtype, shape, numbers, "w");
  }

  ints(...numbers: number[]): Value {
    return this.constant("int64", [numbers.length], numbers);
  }

  /** A node with one output. */
  node(
    op: string,
    inputs: readonly (Value | null)[],
    attributes: Record<string, Attribute> = {},
    domain = "",
  ): Value {
    return this.nodes(op, inputs, 1, attributes, domain)[0] as Value;
  }

  nodes(
    op: string,
    inputs: readonly (Value | null)[],
    outputs: number,
    attributes: Record<string, Attribute> = {},
    domain = "",
  ): Value[] {
    const values = Array.from({ length: outputs }, () =>
      addValue(this.graph, this.#names.fresh(op.toLowerCase())),
    );
    const edit = new GraphEdit(this.graph);
    edit.insertBefore(null, { op, domain, inputs, outputs: values, attributes, name: values[0]?.name ?? "" });
    edit.commit();
    return values;
  }

  output(value: Value, dtype: DType = "float32", shape: readonly Dim[] | null = null): void {
    value.type ??= { kind: "tensor", dtype, shape };
    this.graph.outputs.push(value);
  }

  /** A graph for an attribute of a node of this one. */
  subgraph(name: string, fill: (inner: Builder) => void): Attribute {
    const graph: Graph = {
      name,
      inputs: [],
      outputs: [],
      nodes: [],
      values: new Map(),
      parent: this.graph,
    };
    fill(new Builder(this.model, graph, this.#names));
    return { kind: "graph", value: graph };
  }
}

export function build(opset: number, fill: (builder: Builder) => void): Model {
  const graph: Graph = { name: "g", inputs: [], outputs: [], nodes: [], values: new Map(), parent: null };
  const model: Model = {
    format: "onnx",
    irVersion: 8,
    opsets: new Map([["", opset]]),
    producer: { name: "test", version: "" },
    domain: "",
    version: 0n,
    doc: "",
    metadata: new Map(),
    graph,
    functions: [],
    notes: [],
  };
  fill(new Builder(model, graph, new Names(model)));
  return model;
}

/** Operators of the main graph, in order. */
export function ops(model: Model): string[] {
  return model.graph.nodes.map(({ op }: Node) => op);
}
