import type { DType } from "../tensor/dtype.ts";
import type { Dim, LazyTensor } from "../tensor/tensor.ts";

/** The type of a value. Unknown parts are null; nothing is refused for being unknown. */
export type ValueType =
  | {
      readonly kind: "tensor";
      readonly dtype: DType;
      readonly shape: readonly Dim[] | null;
      readonly denotation?: string;
      readonly dimDenotations?: readonly (string | null)[];
    }
  | { readonly kind: "sparse"; readonly dtype: DType; readonly shape: readonly Dim[] | null }
  | { readonly kind: "sequence"; readonly element: ValueType | null }
  | { readonly kind: "optional"; readonly element: ValueType | null }
  | { readonly kind: "map"; readonly key: DType; readonly value: ValueType | null }
  | { readonly kind: "opaque"; readonly domain: string; readonly name: string };

/** A place where a value is read. */
export interface Use {
  readonly node: Node;
  /** Index among the node's inputs. */
  readonly index: number;
}

/** An edge of the graph: produced once (by a node, a graph input or a constant), read any number of times. */
export interface Value {
  name: string;
  /** The graph that declares or computes it; readers may stand in graphs inside this one. */
  graph: Graph;
  /** As the file declares it. What can be worked out is the business of graph/infer. */
  type: ValueType | null;
  /** The node that computes it; null for graph inputs and constants. */
  producer: Node | null;
  /** Every node input that reads it, subgraphs included. */
  uses: Use[];
  /** The bytes, where the value is a constant of the file (an ONNX initializer). */
  constant: LazyTensor | null;
  /** The same for a sparse initializer. */
  sparse?: SparseTensor;
  doc?: string;
  metadata?: Map<string, string>;
}

/** A tensor of mostly zeros: the values that are not, and where they stand (ONNX SparseTensorProto). */
export interface SparseTensor {
  readonly values: LazyTensor;
  /** int64, [count] for linear positions or [count, rank] for coordinates. */
  readonly indices: LazyTensor;
  readonly shape: readonly number[];
}

export type Attribute =
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "int"; readonly value: bigint }
  | { readonly kind: "string"; readonly value: Uint8Array }
  | { readonly kind: "tensor"; readonly value: LazyTensor }
  | { readonly kind: "graph"; readonly value: Graph }
  | { readonly kind: "type"; readonly value: ValueType }
  | { readonly kind: "floats"; readonly value: readonly number[] }
  | { readonly kind: "ints"; readonly value: readonly bigint[] }
  | { readonly kind: "strings"; readonly value: readonly Uint8Array[] }
  | { readonly kind: "tensors"; readonly value: readonly LazyTensor[] }
  | { readonly kind: "graphs"; readonly value: readonly Graph[] }
  | { readonly kind: "sparse"; readonly value: SparseTensor }
  | { readonly kind: "sparses"; readonly value: readonly SparseTensor[] }
  | { readonly kind: "types"; readonly value: readonly ValueType[] }
  /** In a function's body: the attribute of the calling node with this name. */
  | { readonly kind: "reference"; readonly value: string };

/** An operator applied. An operator that nobody knows is kept like any other. */
export interface Node {
  /** "" is ai.onnx. */
  domain: string;
  op: string;
  /** Distinguishes functions of one name (ONNX IR 10). */
  overload: string;
  name: string;
  /** null stands for an optional input that was left out. */
  inputs: (Value | null)[];
  outputs: (Value | null)[];
  attributes: Map<string, Attribute>;
  doc?: string;
  metadata?: Map<string, string>;
  /** The graph it lives in. */
  graph: Graph;
}

export interface Graph {
  name: string;
  doc?: string;
  inputs: Value[];
  outputs: Value[];
  /** In execution order. */
  nodes: Node[];
  /** Every named value of this graph (not of its subgraphs), constants included. */
  values: Map<string, Value>;
  /** The graph whose values this subgraph may read; null at the top. */
  parent: Graph | null;
  metadata?: Map<string, string>;
}

/** A function of the model: an operator defined by other operators (ONNX IR 8). */
export interface ModelFunction {
  domain: string;
  name: string;
  overload: string;
  opsets: Map<string, number>;
  attributes: string[];
  graph: Graph;
  doc?: string;
}

/** Something wrong with the file that its graph cannot show; graph/check makes a finding of it. */
export interface Defect {
  readonly kind:
    | "attribute-twice"
    | "attribute-mistyped"
    | "attribute-empty"
    | "constant-twice"
    | "constant-mistyped"
    | "opset-twice"
    | "metadata-twice"
    | "dimension-negative"
    | "dimension-huge"
    | "type-unknown"
    | "external-missing";
  /** null for what belongs to the whole model. */
  readonly graph: Graph | null;
  readonly node?: Node;
  readonly value?: string;
  readonly attribute?: string;
  /** What is wrong, one sentence. */
  readonly text: string;
}

/** A model in memory, whatever file it came from. It speaks ONNX operators. */
export interface Model {
  /** Id of the format in formats/table.ts. */
  format: string;
  irVersion: number;
  /** Operator set versions by domain; "" is ai.onnx. */
  opsets: Map<string, number>;
  producer: { name: string; version: string };
  domain: string;
  version: bigint;
  doc: string;
  /** metadata_props, in file order. */
  metadata: Map<string, string>;
  graph: Graph;
  functions: ModelFunction[];
  /** What the reader wants a person to know, e.g. "3 tensors lie in model.onnx.data". */
  notes: string[];
  /** What the reader saw and went on from; some thousands at most. */
  defects?: readonly Defect[];
}
