import { fail } from "../../../base/errors/index.ts";
import { GraphEdit, Names, nodeNames } from "../../graph/edit.ts";
import type { Graph, Model, Node, Value } from "../../graph/graph.ts";
import { graphsOf, graphsWithin } from "../../graph/walk.ts";
import type { Pass, PassContext, PassResult } from "../pass.ts";
import { type Types, workOutTypes } from "../types.ts";
import type { Adapter } from "./adapter.ts";
import { refuseToGoBack } from "./back.ts";
import { lowerIr } from "./ir.ts";
import { Refusal } from "./refusal.ts";
import { lastRun } from "./runnable.ts";
import { type Body, Step, type Upgrade } from "./step.ts";
import { adaptersOf } from "./table.ts";
import { irVersionFor, newestOf } from "./versions.ts";

/** Nodes that an upgrade may put in. Real models have some thousands of nodes in all, and the most that one needs is a dozen. */
const MAX_INSERTED = 150_000;

/** Refused nodes that a message names for one operator and reason; the others are counted. */
const NAMED = 3;

/**
 * Brings a model to a newer operator set: every node gets, version by version, the form that its operator has in the
 * target, and means what it meant. Subgraphs and the model's functions come along, and the IR version is lifted where the
 * target needs that, or lowered to the newest that the runtime reads where nothing needs a newer one. What no version of the domain
 * knows stays as it is. A model is taken
 * back only where its nodes are in the older version what they are in its own.
 *
 * Where it throws, the model is half changed and of no use.
 * @param version from 1 to NEWEST_OPSET (ai.onnx), to 5 (ai.onnx.ml)
 * @param domain "" is ai.onnx
 * @throws MODEL_OPSET_UNKNOWN for a version or domain to which there is no way; when run, MODEL_OPSET_INVALID, MODEL_OPSET_DOWNGRADE,
 *   MODEL_UPGRADE_TOO_LARGE, and MODEL_UPGRADE_REFUSED with every node that has no equivalent
 */
export function upgradeTo(version: number, domain = ""): Pass {
  const newest = newestOf(domain);
  if (newest === undefined || !Number.isInteger(version) || version < 1 || version > newest) {
    throw fail("MODEL_OPSET_UNKNOWN", {
      version,
      domain: nameOf(domain),
      known: newest === undefined ? "ai.onnx and ai.onnx.ml are known" : `1 to ${newest} are known`,
    });
  }
  return {
    name: "upgrade",
    promises: `Every node of ${nameOf(domain)} is of opset ${version}, and means what it meant.`,
    run: (model, context) => upgrade(model, version, domain, context),
  };
}

const nameOf = (domain: string) => domain || "ai.onnx";

async function upgrade(
  model: Model,
  version: number,
  domain: string,
  context: PassContext,
): Promise<PassResult> {
  // Before IR 3 files did not say: they are of the first operator set.
  const bodies: Body[] = [{ graph: model.graph, opsets: model.opsets, of: null }];
  for (const of of model.functions) bodies.push({ graph: of.graph, opsets: of.opsets, of });
  const own = functionsOf(model, domain);
  const works: { body: Body; operators: Operators; from: number }[] = [];
  let known: Promise<Types> | null = null;
  const types = () => {
    known ??= Promise.resolve(context.types?.(model) ?? workOutTypes(model, context.signal));
    return known;
  };
  for (const body of bodies) {
    const operators = operatorsIn(body.graph, domain, own);
    const from = body.opsets.get(domain) ?? (operators.size > 0 ? (model.opsets.get(domain) ?? 1) : version);
    // The way there is taken step by step: from -2^63 it would not end.
    if (from < 1) throw fail("MODEL_OPSET_INVALID", { domain: nameOf(domain), version: from });
    if (from > version)
      await refuseToGoBack({ name: nameOf(domain), domain }, operators, from, version, types);
    if (from !== version) works.push({ body, operators, from });
  }
  if (works.length === 0) return { model, modified: lowerIr(model, context.note) };

  const adapters = adaptersOf(domain);
  const edits = new Map<Graph, GraphEdit>();
  let inserted = 0;
  const needsTypes = works.some(({ operators, from }) => asksForTypes(adapters, operators, from, version));
  const shared: Upgrade = {
    model,
    names: new Names(model),
    types: needsTypes ? await types() : null,
    overridable: overridableOf(model),
    edit(graph) {
      if (++inserted > MAX_INSERTED)
        throw fail("MODEL_UPGRADE_TOO_LARGE", { domain: nameOf(domain), version, limit: MAX_INSERTED });
      let edit = edits.get(graph);
      if (!edit) {
        edit = new GraphEdit(graph);
        edits.set(graph, edit);
      }
      return edit;
    },
    isGiven: callsOf(model),
    nodeName: nodeNames(model),
    note: context.note,
  };
  const refusals = new Refusals(domain);
  for (const { body, operators, from } of works) {
    for (const [op, nodes] of operators) {
      const last = lastRun(domain, op, from, version);
      if (last === null) continue;
      for (const node of nodes)
        refusals.add(node, op, from, `the runtime does not run it in versions after ${last}`);
    }
    const step = new Step(version, body, shared);
    for (let at = from + 1; at <= version; at++) {
      context.signal?.throwIfAborted();
      await adaptAll(operators, adapters.get(at), at, step, refusals);
    }
  }
  refusals.throwIfAny(version);
  for (const edit of edits.values()) edit.commit();
  for (const { body } of works) body.opsets.set(domain, version);
  liftIr(model, irVersionFor(domain, version));
  lowerIr(model, context.note);
  return { model, modified: true };
}

/** Names that the model's own functions give to operators of the domain: such nodes are calls, and no operators of it. */
function functionsOf(model: Model, domain: string): ReadonlySet<string> {
  return new Set(model.functions.filter((each) => each.domain === domain).map(({ name }) => name));
}

/** Nodes that call a function are looked for when somebody first asks. */
function callsOf(model: Model): Upgrade["isGiven"] {
  const key = ({ domain, overload }: { domain: string; overload: string }, name: string) =>
    JSON.stringify([domain, name, overload]);
  let calls: Map<string, Node[]> | null = null;
  return (of, parameter) => {
    if (!calls) {
      calls = new Map(model.functions.map((each) => [key(each, each.name), []]));
      for (const graph of graphsOf(model))
        for (const node of graph.nodes) calls.get(key(node, node.op))?.push(node);
    }
    return calls.get(key(of, of.name))?.every((node) => node.attributes.has(parameter)) ?? false;
  };
}

type Operators = Map<string, Node[]>;

function operatorsIn(graph: Graph, domain: string, own: ReadonlySet<string>): Operators {
  const operators: Operators = new Map();
  for (const each of graphsWithin(graph)) {
    for (const node of each.nodes) {
      if (node.domain !== domain || own.has(node.op)) continue;
      const list = operators.get(node.op);
      if (list) list.push(node);
      else operators.set(node.op, [node]);
    }
  }
  return operators;
}

type Versions = ReturnType<typeof adaptersOf>;

function asksForTypes(adapters: Versions, operators: Operators, from: number, to: number): boolean {
  for (const [version, changed] of adapters) {
    if (version <= from || version > to) continue;
    for (const [op, list] of changed) if (operators.has(op) && list.some(({ types }) => types)) return true;
  }
  return false;
}

/** Takes every node of every changed operator over the change of one version. */
async function adaptAll(
  operators: Operators,
  changed: ReadonlyMap<string, readonly Adapter[]> | undefined,
  version: number,
  step: Step,
  refusals: Refusals,
): Promise<void> {
  const renamed: Node[] = [];
  for (const [op, adapters] of changed ?? []) {
    const nodes = operators.get(op);
    if (!nodes) continue;
    const kept: Node[] = [];
    for (const node of nodes) {
      try {
        for (const adapter of adapters) {
          const pending = adapter.adapt(node, step);
          if (pending) await pending;
        }
        (node.op === op ? kept : renamed).push(node);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        refusals.add(node, op, version - 1, error.message);
      }
    }
    operators.set(op, kept);
  }
  for (const node of renamed) {
    const list = operators.get(node.op);
    if (list) list.push(node);
    else operators.set(node.op, [node]);
  }
}

/** Everything that stood in the way, by operator, version and reason. */
class Refusals {
  readonly #domain: string;
  readonly #found = new Map<string, { text: string; nodes: string[]; count: number }>();
  #count = 0;

  constructor(domain: string) {
    this.#domain = domain;
  }

  add(node: Node, op: string, opset: number, reason: string): void {
    const text = `${op} of opset ${opset}: ${reason}`;
    let entry = this.#found.get(text);
    if (!entry) {
      entry = { text, nodes: [], count: 0 };
      this.#found.set(text, entry);
    }
    if (entry.nodes.length < NAMED)
      entry.nodes.push(node.name || node.outputs.find((each) => each)?.name || "?");
    entry.count++;
    this.#count++;
  }

  throwIfAny(version: number): void {
    if (this.#count === 0) return;
    const list = [...this.#found.values()].map(({ text, nodes, count }) => {
      const more = count > nodes.length ? ` and ${count - nodes.length} more` : "";
      return `${text} (${nodes.join(", ")}${more})`;
    });
    throw fail("MODEL_UPGRADE_REFUSED", {
      domain: nameOf(this.#domain),
      version,
      count: this.#count,
      list: list.join("; "),
    });
  }
}

/** Defaults that a caller may replace. Up to IR 3 every initializer was listed as an input, and was a constant none the less. */
function overridableOf(model: Model): ReadonlySet<Value> {
  if (model.irVersion < 4) return new Set();
  return new Set(model.graph.inputs.filter((value) => value.constant ?? value.sparse));
}

/**
 * Lifts the IR version. Up to IR 3 every initializer had to be listed as an input, and since 4 being listed means that a
 * caller may replace it: what was a constant stays one.
 */
function liftIr(model: Model, least: number): void {
  if (model.irVersion >= least) return;
  if (model.irVersion < 4 && least >= 4) {
    for (const graph of graphsOf(model)) {
      if (graph.inputs.some((value) => value.constant ?? value.sparse))
        graph.inputs = graph.inputs.filter((value) => !(value.constant ?? value.sparse));
    }
  }
  model.irVersion = least;
}
