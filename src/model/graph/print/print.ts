import type { LazyTensor } from "../../tensor/tensor.ts";
import type { Graph, Model, ModelFunction, Node, Value } from "../graph.ts";
import { attributesText, contentsText, sparseText } from "./attributes.ts";
import type { PrintDetails } from "./details.ts";
import { COMMA, fold, JOINT, SPACE } from "./fold.ts";
import { nameOf, quote, valueName } from "./names.ts";
import { shapeText, typeText } from "./types.ts";

export interface PrintOptions extends PrintDetails {
  /** Columns at which lines are folded. @default never: a node is a line */
  readonly width?: number;
}

/** Inputs and outputs of a node that are written. */
const MOST_VALUES = 32;
/** Contents of a constant that stand beside its name where it is read. */
const MOST_BESIDE = 6;
/** Long names leave little room: what a line goes on with stands a little behind the numbers. */
const HANGING = 10;
const LONGEST_DOC = 120;
const MOST_METADATA = 30;
/** The column of types is as wide as most of them are, within these bounds. */
const TYPE_COLUMN = { least: 12, most: 26, looked: 500 } as const;

/**
 * A model as a text that a person reads: what goes in and comes out, the constants, then a node a line as
 *
 *     12  float32[1,64,56,56]  %pool = MaxPool<kernel_shape=[3,3]>(%relu)
 *
 * The number is the node's place in its graph. Names are quoted where they could be taken for something else, what was left
 * out is `_`, and the contents of small constants stand in braces behind them. Subgraphs stand below their node, functions
 * at the end. Long names, lists and strings are cut.
 */
export function printModel(model: Model, options: PrintOptions = {}): string {
  return `${[...modelLines(model, options)].join("\n")}\n`;
}

/** The same line by line, for graphs of any size. */
export function* modelLines(model: Model, options: PrintOptions = {}): Generator<string> {
  for (const [line, hanging] of wholeLines(model, options))
    yield* fold(line, options.width ?? Number.POSITIVE_INFINITY, hanging);
}

/** A line, and the column at which it goes on where it is folded. */
type Line = readonly [text: string, hanging: number];

function* wholeLines(model: Model, options: PrintOptions): Generator<Line> {
  yield* headerLines(model);
  yield ["", 0];
  yield [`graph ${nameOf(model.graph.name)}`, 2];
  yield* graphLines(model.graph, options, 1, model.irVersion < FIRST_IR_WITH_DEFAULTS);
  for (const each of model.functions) {
    yield ["", 0];
    yield [functionText(each), 2];
    yield* graphLines(each.graph, options, 1);
  }
}

function* headerLines(model: Model): Generator<Line> {
  const opsets = opsetsText(model.opsets);
  yield [`${model.format.toUpperCase()} of IR version ${model.irVersion}, operators of ${opsets}`, 2];
  const { name, version } = model.producer;
  const made = [name, version].filter(Boolean).map(nameOf).join(" ");
  if (made) yield [`made by ${made}`, 2];
  if (model.domain !== "" || model.version !== 0n)
    yield [`model ${nameOf(model.domain)}, version ${model.version}`, 2];
  yield* docLines(model.doc, 0);
  let written = 0;
  for (const [key, value] of model.metadata) {
    if (written++ >= MOST_METADATA) {
      yield [`…${model.metadata.size - MOST_METADATA} entries of metadata more`, 2];
      break;
    }
    const cut =
      value.length > LONGEST_DOC ? `${quote(value.slice(0, LONGEST_DOC))}…${value.length}` : quote(value);
    yield [`metadata ${nameOf(key)} = ${cut}`, 2];
  }
}

function opsetsText(opsets: ReadonlyMap<string, number>): string {
  const all = [...opsets].slice(0, MOST_VALUES);
  const shown = all.map(([domain, version]) => `${domain === "" ? "ai.onnx" : nameOf(domain)} ${version}`);
  return shown.length === 0 ? "nothing" : shown.join(", ");
}

function functionText({ domain, name, overload, attributes, opsets }: ModelFunction): string {
  const full = nameOf(domain === "" ? name : `${domain}.${name}`);
  const which = overload === "" ? "" : `:${nameOf(overload)}`;
  const takes = attributes.slice(0, MOST_VALUES).map(nameOf);
  return `function ${full}${which}${takes.length > 0 ? `<${takes.join(", ")}>` : ""}, operators of ${opsetsText(opsets)}`;
}

function* docLines(doc: string | undefined, depth: number): Generator<Line> {
  if (!doc) return;
  const cut = doc.length > LONGEST_DOC ? `${quote(doc.slice(0, LONGEST_DOC))}…${doc.length}` : quote(doc);
  yield [`${indent(depth)}doc ${cut}`, 2 * depth + 2];
}

const indent = (depth: number) => "  ".repeat(depth);

/** Before it, constants had to stand among the inputs too. */
const FIRST_IR_WITH_DEFAULTS = 4;

function* graphLines(
  graph: Graph,
  options: PrintOptions,
  depth: number,
  constantsAreInputs = false,
): Generator<Line> {
  yield* docLines(graph.doc, depth);
  const column = columnOf(graph, options);
  const inputs = graph.inputs.filter((value) => !constantsAreInputs || !value.constant);
  const given = new Set(inputs);
  yield* section("inputs", inputs, (value) => valueText(value, options));
  const constants: Value[] = [];
  for (const value of graph.values.values())
    if ((value.constant || value.sparse) && !given.has(value)) constants.push(value);
  yield* section("constants", constants, (value) => valueText(value, options));
  if (graph.nodes.length > 0) yield [`${indent(depth)}nodes`, 2 * depth + 2];
  for (let index = 0; index < graph.nodes.length; index++) {
    const node = graph.nodes[index] as Node;
    yield line(String(index).padStart(4), nodeTypes(node, options), nodeText(node, options));
    yield* subgraphLines(node, options, depth + 2);
  }
  yield* section("outputs", graph.outputs, (value) => valueName(value.name));

  function* section(
    title: string,
    values: readonly Value[],
    write: (value: Value) => string,
  ): Generator<Line> {
    if (values.length > 0) yield [`${indent(depth)}${title}`, 2 * depth + 2];
    for (const value of values) yield line("    ", typeOf(value, options), write(value));
  }

  function line(number: string, type: string, text: string): Line {
    const head = `${indent(depth)}${number}  ${type.padEnd(column)}  ${JOINT}`;
    return [`${head}${text}`, 2 * depth + HANGING];
  }
}

/** As wide as nine in ten of the first types. */
function columnOf(graph: Graph, options: PrintOptions): number {
  const { least, most, looked } = TYPE_COLUMN;
  const lengths = graph.nodes.slice(0, looked).map((node) => nodeTypes(node, options).length);
  for (const value of [...graph.inputs, ...graph.outputs].slice(0, looked))
    lengths.push(typeOf(value, options).length);
  lengths.sort((a, b) => a - b);
  return Math.min(most, Math.max(least, lengths[Math.floor(lengths.length * 0.9)] ?? 0));
}

function typeOf(value: Value, options: PrintOptions): string {
  if (value.constant) return `${value.constant.dtype}${shapeText(value.constant.shape)}`;
  if (value.sparse) return sparseText(value.sparse);
  return typeText(options.typeOf?.(value) ?? value.type);
}

function nodeTypes({ outputs }: Node, options: PrintOptions): string {
  const types = outputs.slice(0, MOST_VALUES).map((value) => (value ? typeOf(value, options) : "_"));
  if (outputs.length > MOST_VALUES) types.push("…");
  // Outputs of one type need it once.
  return new Set(types).size === 1 && types.length > 1 ? `${types[0]} ×${outputs.length}` : types.join(", ");
}

/** Of an input or a constant: its name and what it holds. */
function valueText(value: Value, options: PrintOptions): string {
  const contents = value.constant && contentsText(value.constant, options);
  return contents ? `${valueName(value.name)} = ${contents}` : valueName(value.name);
}

function nodeText(node: Node, options: PrintOptions): string {
  const domain = node.domain === "" ? node.op : `${node.domain}.${node.op}`;
  const op = `${nameOf(domain)}${node.overload === "" ? "" : `:${nameOf(node.overload)}`}`;
  const outputs = listed(node.outputs, (value) => valueName(value.name));
  const inputs = listed(node.inputs, (value) => inputText(value, options));
  const named = outputs.some((text) => text.includes(node.name)) ? "" : `${SPACE}# ${nameOf(node.name)}`;
  return `${outputs.join(COMMA)}${SPACE}= ${op}${attributesText(node, options)}(${JOINT}${inputs.join(COMMA)})${named}`;
}

function inputText(value: Value, options: PrintOptions): string {
  const held = value.constant ?? heldBy(value.producer);
  const contents = held ? options.contents?.get(held) : undefined;
  const beside = held && contents && contents.data.length <= MOST_BESIDE ? contentsText(held, options) : "";
  return `${valueName(value.name)}${beside}`;
}

/** The tensor of a Constant node. */
function heldBy(node: Node | null): LazyTensor | null {
  const held = node?.op === "Constant" && node.domain === "" ? node.attributes.get("value") : undefined;
  return held?.kind === "tensor" ? held.value : null;
}

function listed(values: readonly (Value | null)[], write: (value: Value) => string): string[] {
  const shown = values.slice(0, MOST_VALUES).map((value) => (value ? write(value) : "_"));
  if (values.length > MOST_VALUES) shown.push(`…${values.length - MOST_VALUES} more`);
  return shown;
}

function* subgraphLines(node: Node, options: PrintOptions, depth: number): Generator<Line> {
  for (const [name, attribute] of node.attributes) {
    if (attribute.kind !== "graph" && attribute.kind !== "graphs") continue;
    const graphs = attribute.kind === "graph" ? [attribute.value] : attribute.value;
    for (const [i, graph] of graphs.entries()) {
      const which = attribute.kind === "graph" ? "" : `[${i}]`;
      yield [`${indent(depth)}${nameOf(name)}${which} = graph ${nameOf(graph.name)}`, 2 * depth + 2];
      yield* graphLines(graph, options, depth + 1);
    }
  }
}
