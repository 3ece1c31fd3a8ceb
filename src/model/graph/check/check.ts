import { isModelyardError } from "../../../base/errors/index.ts";
import type { Model, Node } from "../graph.ts";
import { inferTypes } from "../infer/index.ts";
import { operatorText } from "../label.ts";
import { schemaOf } from "../schema/index.ts";
import type { Finding, Severity } from "./finding.ts";
import { calledBy, functionsOf } from "./functions.ts";
import { neededInputs } from "./needed.ts";
import type { CheckContext, Found, FoundPlace, Rule, Scope } from "./rule.ts";
import { scopesOf } from "./scopes.ts";
import { RULES } from "./table.ts";

/** Findings that a rule lists; of the others it says how many there are. */
export const MOST_FINDINGS = 100;
/** Longest name that a finding repeats. */
const LONGEST_NAME = 1_000;

/**
 * What is wrong with a model: errors first, then warnings, in the order of the rules. A model without errors is one that
 * onnx.checker accepts; more rules tell of what runtimes refuse. Nothing of the model is changed, and no weights are read
 * but small constants and the indices of sparse tensors.
 *
 * Takes time linear in nodes, values and attributes. A rule that finds the same thing very often lists 100 of them, and
 * one finding more that says how many there are.
 * @throws the source's errors where indices of sparse tensors cannot be read
 */
export async function checkModel(model: Model, signal?: AbortSignal): Promise<Finding[]> {
  const functions = functionsOf(model);
  const context: CheckContext = {
    model,
    scopes: scopesOf(model),
    functions,
    needed: neededInputs(functions),
    ...(await typesIn(model, signal)),
    signal,
  };
  const collectors = RULES.map((rule) => new Collector(rule));
  for (const collector of collectors) await collector.rule.model?.(context, collector.found);
  const graphs = collectors.filter(({ rule }) => rule.graph);
  const nodes = collectors.filter(({ rule }) => rule.node);
  for (const scope of context.scopes.values()) {
    signal?.throwIfAborted();
    for (const each of graphs) {
      each.at(scope, null, 0);
      each.rule.graph?.(scope, each.found, context);
    }
    visitNodes(scope, nodes, context);
  }
  const findings = collectors.flatMap((each) => each.finish());
  const errors = findings.filter(({ severity }) => severity === "error");
  return [...errors, ...findings.filter(({ severity }) => severity !== "error")];
}

/** Small constants are read to work out shapes, and may be cut off or missing. */
async function typesIn(
  model: Model,
  signal: AbortSignal | undefined,
): Promise<Pick<CheckContext, "types" | "typesError">> {
  try {
    return { types: await inferTypes(model, signal ? { signal } : {}), typesError: null };
  } catch (error) {
    if (!isModelyardError(error)) throw error;
    return { types: null, typesError: error };
  }
}

function visitNodes(scope: Scope, collectors: readonly Collector[], context: CheckContext): void {
  const { nodes } = scope.graph;
  for (let index = 0; index < nodes.length; index++) {
    const node = nodes[index] as Node;
    const callee = calledBy(node, context.functions);
    const opset = scope.opsets.get(node.domain);
    const schema = callee || opset === undefined ? undefined : schemaOf(node.domain, node.op, opset);
    const visit = { node, index, scope, callee, schema };
    for (const each of collectors) {
      each.at(scope, node, index);
      each.rule.node?.(visit, each.found, context);
    }
  }
}

/** The findings of one rule. */
class Collector {
  readonly rule: Rule;
  readonly #findings: Finding[] = [];
  /** Findings that are not listed, and the worst of their severities. */
  #more = 0;
  #worst: Severity = "warning";
  #scope: Scope | null = null;
  #node: Node | null = null;
  #index = 0;

  constructor(rule: Rule) {
    this.rule = rule;
  }

  at(scope: Scope, node: Node | null, index: number): void {
    this.#scope = scope;
    this.#node = node;
    this.#index = index;
  }

  readonly found: Found = (message, place = {}) => {
    const { id, remedy } = this.rule;
    const { value, attribute, severity = this.rule.severity } = place;
    if (this.#findings.length >= MOST_FINDINGS) {
      this.#more++;
      if (severity === "error") this.#worst = severity;
      return;
    }
    this.#findings.push({
      rule: id,
      severity,
      message,
      remedy: place.remedy ?? remedy,
      graph: (place.scope ?? this.#scope)?.path ?? "",
      ...this.#nodeOf(place),
      ...(value === undefined ? {} : { value: cut(value) }),
      ...(attribute === undefined ? {} : { attribute: cut(attribute) }),
    });
  };

  #nodeOf({ node = this.#node ?? undefined, index = this.#index }: FoundPlace): Pick<Finding, "node"> {
    return node ? { node: { name: cut(node.name), op: operatorText(node), index } } : {};
  }

  finish(): Finding[] {
    if (this.#more === 0) return this.#findings;
    const { id, remedy } = this.rule;
    const message = `The same is true of ${this.#more.toLocaleString("en")} places more.`;
    return [...this.#findings, { rule: id, severity: this.#worst, message, remedy, graph: "" }];
  }
}

function cut(name: string): string {
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name;
}
