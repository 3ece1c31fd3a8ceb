import type { Model, Value } from "../../../model/graph/graph.ts";
import { typeText } from "../../../model/graph/index.ts";
import type { Changed } from "./report.ts";

/** Texts of a file may be of any length. */
const LONGEST = 200;

/** Everything about a model besides its graph. */
export function headerChanges(a: Model, b: Model): Changed[] {
  return [
    ...entries("opset", opsets(a), opsets(b)),
    ...one("IR version", String(a.irVersion), String(b.irVersion)),
    ...one("producer", producer(a), producer(b)),
    ...one("domain", a.domain, b.domain),
    ...one("model version", String(a.version), String(b.version)),
    ...one("description", a.doc, b.doc),
    ...one("graph", a.graph.name, b.graph.name),
    ...entries("metadata", a.metadata, b.metadata),
    ...entries("function", functions(a), functions(b)),
  ];
}

/** What goes in and comes out, by name; a name that moved says from which place to which. */
export function signatureChanges(a: Model, b: Model): Changed[] {
  return [
    ...sideChanges("input", fed(a), fed(b)),
    ...sideChanges("output", a.graph.outputs, b.graph.outputs),
  ];
}

/** Inputs that have no constant as their default. */
function fed(model: Model): Value[] {
  return model.graph.inputs.filter((value) => !value.constant && !value.sparse);
}

function sideChanges(side: string, a: readonly Value[], b: readonly Value[]): Changed[] {
  const types = (values: readonly Value[]) => new Map(values.map(({ name, type }) => [name, typeText(type)]));
  const changes = entries(side, types(a), types(b));
  const places = new Map(b.map(({ name }, i) => [name, i]));
  const sameNames = a.length === b.length && a.every(({ name }) => places.has(name));
  const moved = sameNames ? a.findIndex(({ name }, i) => places.get(name) !== i) : -1;
  if (moved < 0) return changes;
  const names = (values: readonly Value[]) => cut(values.map(({ name }) => name).join(", "));
  return [...changes, { what: `order of the ${side}s`, a: names(a), b: names(b) }];
}

function one(what: string, a: string, b: string): Changed[] {
  return a === b ? [] : [{ what, a: a === "" ? null : cut(a), b: b === "" ? null : cut(b) }];
}

function entries(what: string, a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): Changed[] {
  const changes: Changed[] = [];
  for (const name of new Set([...a.keys(), ...b.keys()])) {
    const [before, after] = [a.get(name), b.get(name)];
    if (before === after) continue;
    changes.push({
      what: `${what} ${cut(name)}`,
      a: before === undefined ? null : cut(before),
      b: after === undefined ? null : cut(after),
    });
  }
  return changes;
}

function opsets(model: Model): Map<string, string> {
  return new Map([...model.opsets].map(([domain, version]) => [domain || "ai.onnx", String(version)]));
}

function producer({ producer: { name, version } }: Model): string {
  return [name, version].filter(Boolean).join(" ");
}

function functions(model: Model): Map<string, string> {
  return new Map(
    model.functions.map(({ domain, name, overload, graph }) => [
      [domain, name, overload].filter(Boolean).join("."),
      `${graph.nodes.length} nodes`,
    ]),
  );
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
