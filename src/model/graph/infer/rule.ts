import type { DType } from "../../tensor/dtype.ts";
import type { LazyTensor } from "../../tensor/tensor.ts";
import type { Attribute, Graph, Node } from "../graph.ts";
import type { Extent, Maybe } from "./extent/index.ts";
import { type Elements, type Fact, MAX_RANK, type Type } from "./fact.ts";

/** One node under inference: what a rule may ask. */
export interface Application {
  readonly node: Node;
  /** Version of the node's operator set; 0 where the model does not import its domain. */
  readonly version: number;
  /** What is known of each input; null for an optional one that was left out. */
  readonly inputs: readonly (Fact | null)[];
  /** Attributes of the node; in a function's body, references are already those of the calling node. */
  attribute(name: string): Attribute | undefined;
  /** The contents of a small constant tensor in one of the node's attributes. */
  elementsOf(tensor: LazyTensor): Elements | null;
  /** The indices that the node takes, of any rank, one after the other, where they are a short constant. */
  indices(): Elements | null;
  /** Infers a graph of the node with these inputs, and says what its outputs are. */
  infer(graph: Graph, inputs: readonly (Fact | null)[]): Promise<readonly Fact[]>;
  /** A length of which nothing is known but that it is one. */
  fresh(): Extent;
  /** Says that the node cannot run as its inputs are. */
  conflict(problem: string, about?: About): void;
}

/** What a conflict is about, where it is more than the node. */
export interface About {
  /** See Contradiction. */
  readonly isType?: boolean;
  /** Index of the input that is wrong. */
  readonly input?: number;
  /** What can be done, one sentence. */
  readonly remedy?: string;
}

/**
 * What a rule says of one output. A tensor, as far as it goes: the element type that is left out comes from the operator's
 * schema, a shape that is left out is unknown, and so is a length that is null. Or a whole type.
 */
export type Output =
  | {
      readonly kind?: undefined;
      readonly dtype?: DType | null;
      readonly shape?: readonly Maybe[] | null;
      readonly elements?: Elements | null;
    }
  | Type;

/** The outputs in order; null for one of which the schema says all. */
export type Outputs = readonly (Output | null)[];

/** How an operator's outputs follow from its inputs. */
export type Rule = (at: Application) => Outputs | Promise<Outputs>;

/** The rules of one family of operators, by name. */
export interface Family {
  /** "" is ai.onnx. */
  readonly domain: string;
  readonly rules: Readonly<Record<string, Rule>>;
}

/** The shape of an input that is a tensor; null where its rank is unknown, or it is left out. */
export function shapeOf(at: Application, index: number): readonly Extent[] | null {
  const type = at.inputs[index]?.type;
  return type && "shape" in type ? type.shape : null;
}

export function rankOf(at: Application, index: number): number | null {
  return shapeOf(at, index)?.length ?? null;
}

export function dtypeOf(at: Application, index: number): DType | null {
  const type = at.inputs[index]?.type;
  return type && "dtype" in type ? type.dtype : null;
}

/** The contents of an input, where they are known and whole. */
export function elementsOf(at: Application, index: number): Elements | null {
  return at.inputs[index]?.elements ?? null;
}

/** The contents of an input that are all numbers, as constants are. */
export function numbersOf(at: Application, index: number): readonly number[] | null {
  return allNumbers(elementsOf(at, index));
}

export function allNumbers(elements: Elements | null | undefined): readonly number[] | null {
  return elements?.every((each) => typeof each === "number") ? (elements as readonly number[]) : null;
}

/** Whether an optional input is there. */
export function hasInput(at: Application, index: number): boolean {
  return (at.inputs[index] ?? null) !== null;
}

export function intAttribute(at: Application, name: string): number | null;
export function intAttribute(at: Application, name: string, fallback: number): number;
export function intAttribute(at: Application, name: string, fallback: number | null = null): number | null {
  const found = at.attribute(name);
  return found?.kind === "int" ? Number(found.value) : fallback;
}

export function intsAttribute(at: Application, name: string): readonly number[] | null {
  const found = at.attribute(name);
  return found?.kind === "ints" ? found.value.map(Number) : null;
}

export function floatAttribute(at: Application, name: string, fallback: number): number {
  const found = at.attribute(name);
  return found?.kind === "float" ? found.value : fallback;
}

export function floatsAttribute(at: Application, name: string): readonly number[] | null {
  const found = at.attribute(name);
  return found?.kind === "floats" ? found.value : null;
}

export function stringAttribute(at: Application, name: string, fallback: string): string {
  const found = at.attribute(name);
  return found?.kind === "string" ? new TextDecoder().decode(found.value) : fallback;
}

/** An axis from 0; null where it is outside the tensor, which is reported. Negative ones count from the end. */
export function axisOf(at: Application, axis: number, rank: number): number | null {
  const from = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(from) && from >= 0 && from < rank) return from;
  at.conflict(`axis ${axis} of a tensor of rank ${rank}`);
  return null;
}

/** What became inputs in later versions: the attribute where it stands, else the contents of the input. */
export function axesOf(at: Application, name: string, input: number): readonly number[] | null {
  return intsAttribute(at, name) ?? numbersOf(at, input);
}

/** A tensor of this rank of whose lengths nothing is known. */
export function unknownShape(rank: number | null): readonly Maybe[] | null {
  return rank !== null && Number.isInteger(rank) && rank >= 0 && rank <= MAX_RANK
    ? new Array<Maybe>(rank).fill(null)
    : null;
}

/** The shape with another length on one axis. */
export function withLength(dims: readonly Maybe[], axis: number, length: Maybe): readonly Maybe[] {
  return dims.map((dim, i) => (i === axis ? length : dim));
}
