import { fail } from "../../../../base/errors/index.ts";
import type { ByteSource } from "../../../../base/sources/source.ts";
import type { Value } from "../../../graph/graph.ts";
import type { Names } from "../../../graph/index.ts";
import type { DType } from "../../../tensor/dtype.ts";
import type { Operator, Subgraph, TfliteFile, TfliteTensor } from "../file/model.ts";
import type { TensorType } from "../schema/types.ts";

/** Nodes of a result: a body that several operators call is written out for each of them. */
const MAX_NODES = 1_000_000;
/** Bodies within bodies; real models stay below five. */
const MAX_DEPTH = 50;

/**
 * A body is written out wherever it is called, so that few bytes can stand for any number of operators. Real files call most bodies
 * once: what is written out may be so many times what the file has, and a little more for small ones.
 */
const MAX_SHARING = 8;
const FREE_SHARING = 10_000;

/** What one conversion keeps over all its graphs. */
export interface Context {
  readonly file: TfliteFile;
  /** Operators of all subgraphs. */
  readonly operators: number;
  readonly source: ByteSource;
  readonly names: Names;
  /** What the model answers, or only moves to where it answers it. */
  readonly answers: ReadonlySet<TfliteTensor>;
  readonly signal: AbortSignal | undefined;
  readonly approximations: Set<string>;
  readonly refused: Refused[];
  readonly count: { nodes: number; bodies: number; lookups: number };
  /** What resources hold before the first run, other than zeros. */
  readonly starts: Map<string, Start>;
  /** Types of what resources hold. */
  readonly held: Map<string, TensorType>;
  /** What tables hold, by their names. */
  readonly tables: Map<string, Table>;
  /** Operator sets that the result needs. */
  readonly opsets: Map<string, number>;
}

/**
 * What a resource begins with: the graph carries how far it is from that, so that every state begins at zero.
 */
export interface Start {
  /** What it began with, and the input plus that. */
  readonly constant: Value;
  readonly value: Value;
}

/** A table from keys to values. */
export interface Table {
  readonly keys: DType;
  readonly values: DType;
  readonly held: ReadonlyMap<string | number | bigint, string | number | bigint>;
}

/** An operator that cannot be converted. */
export interface Refused {
  readonly operator: Operator;
  readonly reason: string;
}

/** A graph that nobody can run. */
export function impossible({ source }: Pick<Context, "source">, byte: number, problem: string) {
  return fail("MODEL_TFLITE_GRAPH", { problem }, { where: `${source.name}, byte ${byte}` });
}

/** Counts nodes that were made. @throws MODEL_TOO_MANY_NODES */
export function countNodes({ count, source }: Context, made: number): void {
  count.nodes += made;
  if (count.nodes > MAX_NODES)
    throw fail("MODEL_TOO_MANY_NODES", { limit: MAX_NODES }, { where: source.name });
}

/** Counts a body that is written out. @throws MODEL_TFLITE_GRAPH */
export function countBody(context: Context, { operators, byte }: Subgraph, resources: number): void {
  const { count, operators: all } = context;
  count.bodies += 1 + operators.length + resources;
  if (count.bodies > MAX_SHARING * all + FREE_SHARING)
    throw impossible(
      context,
      byte,
      "its subgraphs are called so often that they stand for far more than it holds",
    );
}

/** Holds the bodies that are open to their limits. @throws MODEL_TFLITE_GRAPH */
export function checkDepth(open: readonly number[], { index, byte }: Subgraph, context: Context): void {
  const wrong = (problem: string) => impossible(context, byte, problem);
  if (open.includes(index)) throw wrong(`subgraph ${index} calls itself`);
  if (open.length >= MAX_DEPTH) throw wrong(`subgraphs call each other more than ${MAX_DEPTH} deep`);
}

/** Kinds of operators that a message lists. */
const MOST_LISTED = 20;

/** All that is missing in one error: what, how often, and the first of each. @throws MODEL_OPERATORS_UNSUPPORTED */
export function checkRefused({ refused, source }: Context): void {
  const [first] = refused;
  if (!first) return;
  const kinds = new Map<string, { count: number; first: Operator }>();
  for (const { operator, reason } of refused) {
    const what = `${operator.isCustom ? "custom operator " : ""}${operator.name}${reason ? ` (${reason})` : ""}`;
    const kind = kinds.get(what);
    if (kind) kind.count++;
    else kinds.set(what, { count: 1, first: operator });
  }
  const listed = [...kinds].slice(0, MOST_LISTED).map(([what, { count, first }]) => {
    const place = `${count > 1 ? "first: " : ""}operator ${first.index}${first.subgraph > 0 ? ` of subgraph ${first.subgraph}` : ""}`;
    const output = first.outputs[0]?.name;
    return `${count} ${what} [${place}${output ? `, ${output}` : ""}]`;
  });
  if (kinds.size > listed.length) listed.push(`and ${kinds.size - listed.length} more`);
  throw fail(
    "MODEL_OPERATORS_UNSUPPORTED",
    { count: refused.length, list: listed.join("; ") },
    { where: `${source.name}, byte ${first.operator.byte}` },
  );
}
