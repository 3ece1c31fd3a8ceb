import type { ModelyardError } from "../../../base/errors/index.ts";
import type { Graph, Model, ModelFunction, Node, Value } from "../graph.ts";
import type { InferredTypes } from "../infer/index.ts";
import type { OperatorSchema } from "../schema/index.ts";
import type { Severity } from "./finding.ts";
import type { KnownFunction } from "./functions.ts";

/** A graph and what holds inside it. */
export interface Scope {
  readonly graph: Graph;
  /** As in Finding.graph. */
  readonly path: string;
  /** The scope whose node carries this graph; null for the model's own graph and for functions. */
  readonly outer: Scope | null;
  /** The node that carries this graph. */
  readonly owner: Node | null;
  /** How many graphs it lies in. */
  readonly depth: number;
  /** The function in whose body the graph lies. */
  readonly function: KnownFunction | null;
  /** Operator sets by domain: the model's, or the function's own. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly inputs: ReadonlySet<Value>;
}

export interface NodeVisit {
  readonly node: Node;
  readonly index: number;
  readonly scope: Scope;
  /** The function of the model that the node calls; such a node needs no schema. */
  readonly callee: KnownFunction | undefined;
  /** The operator as the operator sets have it; undefined where it is unknown or a function. */
  readonly schema: OperatorSchema | undefined;
}

export interface CheckContext {
  readonly model: Model;
  readonly scopes: ReadonlyMap<Graph, Scope>;
  readonly functions: ReadonlyMap<string, KnownFunction>;
  /** See `neededInputs`. */
  readonly needed: ReadonlyMap<ModelFunction, readonly number[]>;
  /** What was worked out; null where it could not be, which a rule of its own tells. */
  readonly types: InferredTypes | null;
  readonly typesError: ModelyardError | null;
  readonly signal: AbortSignal | undefined;
}

/** Tells of something wrong; the node is the one that is looked at unless another is named. */
export type Found = (message: string, place?: FoundPlace) => void;

export interface FoundPlace {
  readonly value?: string | undefined;
  readonly attribute?: string | undefined;
  readonly severity?: Severity;
  readonly remedy?: string;
  readonly scope?: Scope;
  readonly node?: Node;
  readonly index?: number;
}

/**
 * One thing that a model can have wrong: a file and a line of the table. Hooks see the whole model, every graph and every
 * node; each must be linear in what it sees.
 */
export interface Rule {
  readonly id: string;
  readonly severity: Severity;
  /** The heading over all its findings. */
  readonly title: string;
  /** What can be done, one sentence; a finding may bring a better one. */
  readonly remedy: string;
  readonly model?: (context: CheckContext, found: Found) => void | Promise<void>;
  readonly graph?: (scope: Scope, found: Found, context: CheckContext) => void;
  readonly node?: (visit: NodeVisit, found: Found, context: CheckContext) => void;
}
