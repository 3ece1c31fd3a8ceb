import type { FlatRange } from "../../../wire/index.ts";
import type { Options } from "../schema/options.ts";
import type { TensorType } from "../schema/types.ts";

/** A TFLite file as its flatbuffer tells it; contents of constants stay in the file. */
export interface TfliteFile {
  /** Name and size of the file, for messages. */
  readonly file: string;
  readonly size: number;
  /** Of the schema: 3 in every file since 2017. */
  readonly version: number;
  readonly description: string;
  /** The first is the model; the others are called by operators. */
  readonly subgraphs: readonly Subgraph[];
  /** Named byte strings beside the graph: TFLITE_METADATA, min_runtime_version and others. */
  readonly metadata: readonly { readonly name: string; readonly content: FlatRange }[];
  readonly signatures: readonly SignatureDef[];
}

export interface Subgraph {
  readonly index: number;
  /** Of its table, for messages. */
  readonly byte: number;
  readonly name: string;
  readonly tensors: readonly TfliteTensor[];
  readonly inputs: readonly TfliteTensor[];
  readonly outputs: readonly TfliteTensor[];
  /** In execution order. */
  readonly operators: readonly Operator[];
}

export interface TfliteTensor {
  /** Among the tensors of its subgraph. */
  readonly index: number;
  readonly subgraph: number;
  /** Of its table, for messages. */
  readonly byte: number;
  readonly name: string;
  readonly type: TensorType;
  /** Lengths as the file was made; 1 stands for those that are open. */
  readonly shape: readonly number[];
  /** The same with null for those that are open; null where even the rank is. */
  readonly dims: readonly (number | null)[] | null;
  /** Where the content of a constant lies; null for what is computed. */
  readonly content: FlatRange | null;
  /** How whole numbers stand for real ones. */
  readonly quantization: Quantization | null;
  /** Whether it keeps its content from one run to the next. */
  readonly isVariable: boolean;
  readonly sparsity: Sparsity | null;
}

/** real = scale · (stored − zeroPoint); one of each, or one for each index along an axis. */
export interface Quantization {
  readonly scale: readonly number[];
  readonly zeroPoint: readonly number[];
  readonly axis: number;
}

/** How the content of a tensor of mostly zeros is stored: schema.fbs, SparsityParameters. */
export interface Sparsity {
  readonly traversalOrder: readonly number[];
  readonly blockMap: readonly number[];
  readonly dimensions: readonly SparseDimension[];
}

export type SparseDimension =
  | { readonly kind: "dense"; readonly size: number }
  | { readonly kind: "csr"; readonly segments: readonly number[]; readonly indices: readonly number[] };

export interface Operator {
  /** Among the operators of its subgraph. */
  readonly index: number;
  readonly subgraph: number;
  readonly byte: number;
  /** A builtin's name, or what a custom operator calls itself. */
  readonly name: string;
  readonly isCustom: boolean;
  readonly version: number;
  /** See OptionsOf. */
  readonly options: Options;
  /** Where the options of a custom operator lie. */
  readonly custom: FlatRange | null;
  /** null stands for an optional input that was left out. */
  readonly inputs: readonly (TfliteTensor | null)[];
  readonly outputs: readonly TfliteTensor[];
  readonly intermediates: readonly (TfliteTensor | null)[];
}

/** Names that the exporter gave to inputs and outputs; the tensors have names of their own. */
export interface SignatureDef {
  readonly key: string;
  readonly subgraph: number;
  readonly inputs: readonly { readonly name: string; readonly tensor: number }[];
  readonly outputs: readonly { readonly name: string; readonly tensor: number }[];
}
