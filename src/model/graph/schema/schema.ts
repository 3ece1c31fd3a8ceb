import type { Attribute } from "../graph.ts";

/** A formal input or output of an operator (ONNX OpSchema.FormalParameter). */
export interface FormalParameter {
  readonly name: string;
  /** A type variable of the schema ("T"), or a type of its own ("tensor(int64)"). */
  readonly type: string;
  /** The types that it may have, as typeName() writes them. */
  readonly allowed: ReadonlySet<string>;
  /** `optional`: may be left out, by an empty name. `variadic`: the last one, any number of values from `minimum` on. */
  readonly option: "single" | "optional" | "variadic";
  /** Of a variadic one: whether all its values have one type. */
  readonly homogeneous: boolean;
  /** How many values stand for it at least. */
  readonly minimum: number;
}

export type AttributeKind = Exclude<Attribute["kind"], "reference">;

/** An attribute that an operator knows. */
export interface AttributeSchema {
  readonly name: string;
  readonly kind: AttributeKind;
  readonly required: boolean;
  /** What holds where the node says nothing; null where the operator's text tells (or nothing does). */
  readonly default: Attribute | null;
}

/** One version of an operator, as onnx.defs or the runtime declares it. */
export interface OperatorSchema {
  /** "" is ai.onnx. */
  readonly domain: string;
  readonly name: string;
  /** The version of the operator set that brought it. */
  readonly since: number;
  /** The operator is taken out by this version: nodes of it are not valid. */
  readonly deprecated: boolean;
  /** Whether ONNX Runtime's CPU provider runs it, by a kernel for some types at least or as a function. */
  readonly cpu: boolean;
  readonly inputs: readonly FormalParameter[];
  readonly outputs: readonly FormalParameter[];
  /** Inputs that a node lists at least. */
  readonly minInputs: number;
  /** Inputs that a node lists at most; Infinity where the last is variadic. */
  readonly maxInputs: number;
  readonly minOutputs: number;
  readonly maxOutputs: number;
  readonly attributes: ReadonlyMap<string, AttributeSchema>;
  /** Type variables and the types that they may stand for. */
  readonly types: ReadonlyMap<string, ReadonlySet<string>>;
  /** Whether an attribute is a graph (If, Loop, Scan, SequenceMap). */
  readonly hasSubgraphs: boolean;
}

/** The formal parameter behind an input or output of a node; the last one stands for all beyond it where it is variadic. */
export function parameterAt(
  parameters: readonly FormalParameter[],
  index: number,
): FormalParameter | undefined {
  const last = parameters.at(-1);
  return parameters[index] ?? (last?.option === "variadic" ? last : undefined);
}
