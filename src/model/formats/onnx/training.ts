import type { Binding, Graph, TrainingInfo } from "../../graph/graph.ts";
import type { Cursor } from "../../wire/protobuf.ts";
import { find } from "./annotation.ts";
import { readGraph, type Scope } from "./graph.ts";
import { readPair, Unknown, unknownOf } from "./proto.ts";
import type { Context } from "./tensor.ts";

/** TrainingInfoProto. A binding that names no value is kept as it stands. */
export function readTraining(
  cursor: Cursor,
  main: Graph,
  context: Context,
  count: Scope["count"],
): TrainingInfo {
  const made: TrainingInfo = {
    initialization: null,
    algorithm: null,
    initializationBindings: [],
    updateBindings: [],
  };
  const bindings: Record<number, Cursor[]> = { 3: [], 4: [] };
  const unknown = new Unknown();
  while (cursor.next()) {
    const { field, wire } = cursor;
    if (wire !== 2) unknown.keep(cursor);
    else if (field === 1) made.initialization = readGraph(cursor.message(), context, { graphs: [], count });
    else if (field === 2) made.algorithm = readGraph(cursor.message(), context, { graphs: [main], count });
    else if (bindings[field]) bindings[field].push(cursor.message());
    else unknown.keep(cursor);
  }
  const targets = made.algorithm ? [main, made.algorithm] : [main];
  const bind = (field: number, sources: readonly Graph[], into: Binding[]) => {
    for (const message of bindings[field] ?? []) {
      const { key, value } = readPair(message);
      const [target, source] = [find(targets, key), find(sources, value)];
      if (target && source) into.push({ target, source });
      else unknown.message(field, message);
    }
  };
  bind(3, made.initialization ? [made.initialization] : [], made.initializationBindings);
  bind(4, targets, made.updateBindings);
  return Object.assign(made, unknownOf(unknown));
}
