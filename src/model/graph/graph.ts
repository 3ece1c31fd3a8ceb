import type { DType } from "../tensor/dtype.ts";
import type { Dim, LazyTensor } from "../tensor/tensor.ts";

/**
 * Fields of a message that its reader does not know, whole and as they stand in the file (protobuf: tag and content), for
 * the writer of the same format alone. It puts them before the fields that are understood: where both say something, the
 * later one wins, as everywhere in protobuf.
 */
export type UnknownFields = Uint8Array;

/** What every type may carry beside what it says. */
interface TypeNotes {
  /** What the value means: "IMAGE" (ONNX TypeDenotation). */
  readonly denotation?: string;
  readonly unknown?: UnknownFields;
}

interface ShapeNotes {
  /** What the dimensions mean: "DATA_BATCH" (ONNX DimensionDenotation), one for each. */
  readonly dimDenotations?: readonly (string | null)[];
  /** Of each dimension; a length that cannot be, such as -1, is one of these and reads as null. */
  readonly dimsUnknown?: readonly (UnknownFields | null)[];
}

/** The type of a value. Unknown parts are null; nothing is refused for being unknown. */
export type ValueType = TypeNotes &
  (
    | (ShapeNotes & { readonly kind: "tensor"; readonly dtype: DType; readonly shape: readonly Dim[] | null })
    | (ShapeNotes & { readonly kind: "sparse"; readonly dtype: DType; readonly shape: readonly Dim[] | null })
    | { readonly kind: "sequence"; readonly element: ValueType | null }
    | { readonly kind: "optional"; readonly element: ValueType | null }
    | { readonly kind: "map"; readonly key: DType; readonly value: ValueType | null }
    | { readonly kind: "opaque"; readonly domain: string; readonly name: string }
  );

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
  /** Constants that the file gives under the same name before this one, which takes their place. Not valid ONNX. */
  shadowed?: (LazyTensor | SparseTensor)[];
  doc?: string;
  metadata?: Map<string, string>;
  unknown?: UnknownFields;
  /**
   * What the file says of the value in further places: in value_info although it is an input, an output or a constant, or as
   * an output otherwise than as an input.
   */
  redeclared?: Redeclaration[];
}

/** One more declaration of a value; what is absent is as the value itself has it. */
export interface Redeclaration {
  readonly place: "input" | "output" | "info";
  readonly type?: ValueType | null;
  readonly doc?: string;
  readonly metadata?: Map<string, string>;
  readonly unknown?: UnknownFields;
}

/** A tensor of mostly zeros: the values that are not, and where they stand (ONNX SparseTensorProto). */
export interface SparseTensor {
  readonly values: LazyTensor;
  /** int64, [count] for linear positions or [count, rank] for coordinates. */
  readonly indices: LazyTensor;
  readonly shape: readonly number[];
  readonly unknown?: UnknownFields;
}

/** What an attribute may hold. */
export type AttributeValue =
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
  /** In a function's body: the attribute of the calling node with this name, and the kind that it is declared to have. */
  | { readonly kind: "reference"; readonly value: string; readonly of?: ValueKind };

type ValueKind = Exclude<AttributeValue["kind"], "reference">;

export type Attribute = AttributeValue & { readonly doc?: string; readonly unknown?: UnknownFields };

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
  /** Written by setAttribute and removeAttribute of attributes.ts: those that have none share a map. */
  attributes: ReadonlyMap<string, Attribute>;
  /** Attributes that the file gives under the same names before those, which take their place. Not valid ONNX. */
  shadowed?: [name: string, attribute: Attribute][];
  doc?: string;
  metadata?: Map<string, string>;
  devices?: DevicePlan[];
  unknown?: UnknownFields;
  /** The graph it lives in. */
  graph: Graph;
}

/** How a node is spread over devices (ONNX IR 11, NodeDeviceConfigurationProto): what names values, and the rest. */
export interface DevicePlan {
  /** A value of the node each; null where something else is named. */
  readonly shards: readonly { readonly value: Value | null; readonly unknown: UnknownFields }[];
  readonly unknown: UnknownFields;
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
  /** Values whose scale and zero point other values hold (ONNX IR 5). A value that was taken out is no longer annotated. */
  quantization?: QuantizationAnnotation[];
  /** What its value_info says of values of graphs around it, in file order. */
  described?: { readonly value: Value; readonly said: Redeclaration }[];
  metadata?: Map<string, string>;
  unknown?: UnknownFields;
}

export interface QuantizationAnnotation {
  readonly value: Value;
  /** By key, such as SCALE_TENSOR and ZERO_POINT_TENSOR. */
  readonly parameters: readonly (readonly [key: string, value: Value])[];
}

/** A function of the model: an operator defined by other operators (ONNX IR 8). */
export interface ModelFunction {
  domain: string;
  name: string;
  overload: string;
  opsets: Map<string, number>;
  /** Names of the attributes that a call must give. */
  attributes: string[];
  /** Attributes that a call may leave out, and their values then (ONNX IR 9). */
  defaults?: ReadonlyMap<string, Attribute>;
  graph: Graph;
  doc?: string;
  metadata?: Map<string, string>;
  unknown?: UnknownFields;
}

/** How a model is trained (ONNX IR 7). None of it is needed to run the model. */
export interface TrainingInfo {
  /** Computes the first values; stands alone. */
  initialization: Graph | null;
  /** One step; a continuation of the model's graph, whose values it reads. */
  algorithm: Graph | null;
  initializationBindings: Binding[];
  updateBindings: Binding[];
  unknown?: UnknownFields;
}

/** Which constant a result of training replaces. */
export interface Binding {
  readonly target: Value;
  readonly source: Value;
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
    | "constant-data-twice"
    | "external-missing"
    | "external-entry"
    | "external-self";
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
  training?: TrainingInfo[];
  unknown?: UnknownFields;
  /** What the reader wants a person to know, e.g. "3 tensors lie in model.onnx.data". */
  notes: string[];
  /** What the reader saw and went on from; some thousands at most. */
  defects?: readonly Defect[];
  /** What the file carries beside the graph, as bytes. */
  attachments?: readonly Attachment[];
  /**
   * Of a format with operators of its own, whose nodes are of a domain named like the format: the same model in ONNX operators,
   * made anew each time, with the same signature and attachments. Absent where the graph speaks ONNX already.
   * @throws MODEL_OPERATORS_UNSUPPORTED with all that is missing, and what reading the model's small constants throws
   */
  toOnnx?(signal?: AbortSignal): Promise<Lowered>;
  /**
   * Of such a format: the model as one file that the format's own runtime reads, its inputs and outputs in the order of the graph's
   * and without what it keeps from run to run. All of it is held in memory.
   * @throws what reading the file throws
   */
  ownFile?(ask: OwnFile, signal?: AbortSignal): Promise<Uint8Array>;
}

/** What is to be otherwise in a copy of a model's file. */
export interface OwnFile {
  /** Values of the graph, by name, that it gives too, behind its outputs. */
  readonly outputs?: readonly string[];
  /** Shapes that take the place of open ones, by the names of inputs and outputs. */
  readonly shapes?: ReadonlyMap<string, readonly number[]>;
}

/** Bytes that a file carries beside its graph: a buffer of metadata by its key, or a file that is packed into it by its name. */
export interface Attachment {
  readonly kind: "metadata" | "file";
  readonly name: string;
  /** uint8, [bytes]. */
  readonly content: LazyTensor;
}

/** A model that was brought to ONNX operators. */
export interface Lowered {
  readonly model: Model;
  /** Where the result does not compute exactly what the original does: one sentence each. */
  readonly approximations: readonly string[];
}
