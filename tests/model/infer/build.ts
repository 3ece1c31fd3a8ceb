// Small models for the tests of inference, put together in memory.
import {
  addConstant,
  addValue,
  type Dim,
  type DType,
  type Graph,
  GraphEdit,
  inferTypes,
  type LazyTensor,
  type Model,
  type NodeSpec,
  tensorFromNumbers,
  type Value,
} from "../../../src/model/index.ts";

export interface Builder {
  readonly model: Model;
  input(name: string, dtype: DType, shape: readonly Dim[] | null): Value;
  constant(
    name: string,
    dtype: DType,
    shape: readonly number[],
    numbers: readonly (number | bigint)[],
  ): Value;
  /** Adds a node with one output, which is also an output of the model. */
  node(
    op: string,
    inputs: readonly (Value | null)[],
    attributes?: NodeSpec["attributes"],
    domain?: string,
  ): Value;
  /** A node with several outputs, which are outputs of the model too. */
  nodes(
    op: string,
    count: number,
    inputs: readonly (Value | null)[],
    attributes?: NodeSpec["attributes"],
  ): Value[];
  /** The inferred shape of a value, as typeOf gives it. */
  shape(value: Value): Promise<readonly Dim[] | null | undefined>;
}

export function emptyGraph(parent: Graph | null = null): Graph {
  return { name: "g", inputs: [], outputs: [], nodes: [], values: new Map(), parent };
}

export function build(opset = 21): Builder {
  const graph = emptyGraph();
  const model: Model = {
    format: "onnx",
    irVersion: 8,
    opsets: new Map([["", opset]]),
    producer: { name: "", version: "" },
    domain: "",
    version: 0n,
    doc: "",
    metadata: new Map(),
    graph,
    functions: [],
    notes: [],
  };
  let count = 0;
  const nodes: Builder["nodes"] = (op, outputs, inputs, attributes = {}) => {
    const made = Array.from({ length: outputs }, () => addValue(graph, `v${count++}`));
    const edit = new GraphEdit(graph);
    edit.insertBefore(null, { op, inputs, outputs: made, attributes });
    edit.commit();
    graph.outputs.push(...made);
    return made;
  };
  return {
    model,
    nodes,
    input(name, dtype, shape) {
      const value = addValue(graph, name, { kind: "tensor", dtype, shape });
      graph.inputs.push(value);
      return value;
    },
    constant: (name, dtype, shape, numbers) =>
      addConstant(graph, name, constantOf(name, dtype, shape, numbers)),
    node(op, inputs, attributes = {}, domain = "") {
      const [value] = nodes(op, 1, inputs, attributes) as [Value];
      if (value.producer) value.producer.domain = domain;
      return value;
    },
    async shape(value) {
      const type = (await inferTypes(model)).typeOf(value);
      return type && "shape" in type ? type.shape : undefined;
    },
  };
}

export function constantOf(
  name: string,
  dtype: DType,
  shape: readonly number[],
  numbers: readonly (number | bigint)[],
): LazyTensor {
  const tensor = tensorFromNumbers(dtype, shape, numbers);
  const bytes = new Uint8Array((tensor.data as Float32Array).buffer);
  return {
    name,
    dtype,
    shape,
    byteLength: bytes.byteLength,
    origin: { derived: "test" },
    read: async () => tensor,
    async *stream() {
      yield bytes;
    },
  };
}
