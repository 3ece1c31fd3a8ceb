import type { Value, ValueType } from "../../../graph/graph.ts";
import { attribute } from "../../../graph/index.ts";
import {
  type Argument,
  argumentsOf,
  assigns,
  checkTypes,
  innerGraph,
  lowerBody,
  openSubgraph,
  resultsOf,
} from "../convert/bodies.ts";
import type { Build } from "../convert/build.ts";
import { type Op, operator } from "../convert/operator.ts";
import { isQuantized } from "../convert/quantized.ts";
import { refuse } from "../convert/refusal.ts";
import type { TfliteTensor } from "../file/model.ts";
import { typeOf } from "../file/type.ts";
import { resourceOf } from "../states.ts";
import { fillTable, tableOf } from "./lookups.ts";

/** Inputs, none of which may be left out. */
function givenTo(op: Op, from = 0): TfliteTensor[] {
  return op.inputs.slice(from).map((_, i) => op.input(from + i));
}

/** Sets the outputs of a call to what a subgraph gave: its values in their order, and the handles as they are. */
function setOutputs(op: Op, build: Build, body: Build, values: readonly Value[]): void {
  const results = resultsOf(body);
  checkTypes(body.subgraph.outputs, op.outputs, "what its subgraph gives as output");
  if (results.length !== op.outputs.length) throw refuse(`its subgraph gives ${results.length} outputs`);
  let next = 0;
  for (const [i, result] of results.entries()) {
    if ("value" in result) build.setStored(op.output(i), values[next++] as Value);
    else build.setHandle(op.output(i), result.resource);
  }
}

function valuesOf(given: readonly Argument[]): Value[] {
  return given.flatMap((argument) => ("value" in argument ? [argument.value] : []));
}

/** A subgraph in the place of the operator that calls it. */
async function call(op: Op, build: Build, index: number): Promise<void> {
  const body = openSubgraph(build, index);
  await lowerBody(body, argumentsOf(build, givenTo(op)), givenTo(op));
  setOutputs(op, build, body, valuesOf(resultsOf(body)));
  for (const [name, value] of body.resources) build.resources.set(name, value);
}

/** A type of which only the elements are sure: shapes may change from round to round. */
function looseType(tensor: TfliteTensor): ValueType | null {
  const type = typeOf(tensor);
  return type?.kind === "tensor" ? { ...type, shape: null } : type;
}

const BOOL: ValueType = { kind: "tensor", dtype: "bool", shape: [] };
const COUNT: ValueType = { kind: "tensor", dtype: "int64", shape: [] };

export const CONTROL = [
  operator("CALL", (op, build) => call(op, build, op.options.subgraph)),

  // An operator of a library with what it is made of.
  operator("STABLEHLO_COMPOSITE", (op, build) => call(op, build, op.options.decomposition_subgraph_index)),

  operator("IF", async (op, build) => {
    const { then_subgraph_index, else_subgraph_index } = op.options;
    const condition = build.stored(op.input(0));
    const given = argumentsOf(build, givenTo(op, 1));
    const bodies: Build[] = [];
    for (const index of [then_subgraph_index, else_subgraph_index]) {
      const body = openSubgraph(build, index, innerGraph(build, index));
      await lowerBody(body, given, givenTo(op, 1));
      bodies.push(body);
    }
    const written = [...build.resources.keys()].filter((name) =>
      bodies.some((body) => body.resources.get(name) !== build.resources.get(name)),
    );
    for (const body of bodies) {
      const kept = written.map((name) => body.resources.get(name) as Value);
      const values = [...valuesOf(resultsOf(body)), ...kept];
      body.graph.outputs = values.map((value) => body.resultOf(value, null, "result"));
      body.finish();
    }
    const [then, otherwise] = bodies as [Build, Build];
    if (then.graph.outputs.length !== otherwise.graph.outputs.length)
      throw refuse("its branches give different outputs");
    build.begin(op.operator);
    const made = build.nodes("If", [condition], then.graph.outputs.length, {
      then_branch: attribute.graph(then.graph),
      else_branch: attribute.graph(otherwise.graph),
    });
    checkTypes(otherwise.subgraph.outputs, op.outputs, "what its subgraph gives as output");
    setOutputs(op, build, then, made);
    setResources(build, written, made);
  }),

  operator("WHILE", async (op, build) => {
    const { cond_subgraph_index, body_subgraph_index } = op.options;
    const tensors = givenTo(op);
    const given = argumentsOf(build, tensors);
    const begins = await ask(op, build, cond_subgraph_index, given, tensors);
    const written = assigns(build, body_subgraph_index) ? [...build.resources.keys()] : [];

    // What goes round: a count, the condition, the loop's own values, and what is kept from run to run.
    const body = openSubgraph(build, body_subgraph_index, innerGraph(build, body_subgraph_index));
    body.input("count", COUNT);
    body.input("condition", BOOL);
    const round = given.map((argument, i): Argument => {
      const tensor = tensors[i] as TfliteTensor;
      return "value" in argument ? { value: body.input(tensor.name, looseType(tensor)) } : argument;
    });
    for (const name of written) body.resources.set(name, body.input(name));
    await lowerBody(body, round, tensors);
    const results = resultsOf(body);
    checkTypes(body.subgraph.outputs, tensors, "what its subgraph gives as output");
    const again = await ask(op, body, cond_subgraph_index, results, body.subgraph.outputs);
    const kept = written.map((name) => body.resources.get(name) as Value);
    body.graph.outputs = [again, ...valuesOf(results), ...kept].map((value) =>
      body.resultOf(value, null, "result"),
    );
    body.finish();

    build.begin(op.operator);
    const before = written.map((name) => build.resources.get(name) as Value);
    const inputs = [null, begins, ...valuesOf(given), ...before];
    const made = build.nodes("Loop", inputs, body.graph.outputs.length - 1, {
      body: attribute.graph(body.graph),
    });
    setOutputs(op, build, body, made);
    setResources(build, written, made);
  }),

  // Runs before the first run: it fills variables and tables.
  operator("CALL_ONCE", async (op, build) => {
    const body = openSubgraph(build, op.options.init_subgraph_index);
    for (const each of body.subgraph.operators) {
      const [handle, value] = each.inputs;
      const [output] = each.outputs;
      if (each.name === "VAR_HANDLE" && output) body.setHandle(output, resourceOf(each));
      else if (each.name === "ASSIGN_VARIABLE" && handle && value)
        await begin(build, body.handle(handle), value);
      else if (each.name === "HASHTABLE" && output) body.setHandle(output, tableOf(each));
      else if (each.name === "HASHTABLE_IMPORT") await fillTable(body, each);
      else throw refuse(`what runs before the first run has a ${each.name}`);
    }
  }),

  operator("VAR_HANDLE", (op, build) => build.setHandle(op.output(0), resourceOf(op.operator))),

  operator("READ_VARIABLE", (op, build) => {
    const name = build.handle(op.input(0));
    const value = build.resources.get(name);
    checkHeld(build, name, op.output(0));
    if (!value) throw refuse("nothing says what its variable holds");
    build.setStored(op.output(0), value);
  }),

  operator("ASSIGN_VARIABLE", (op, build) => {
    const name = build.handle(op.input(0));
    checkHeld(build, name, op.input(1));
    build.resources.set(name, build.stored(op.input(1)));
  }),
];

/** @throws Refusal where a variable would hold elements of several types */
function checkHeld({ context }: Build, name: string, { type }: TfliteTensor): void {
  const held = context.held.get(name);
  if (held !== undefined && held !== type) throw refuse(`its variable holds ${held}, and not ${type}`);
}

/** The condition of a loop, of rank 0 as ONNX wants it. */
async function ask(
  op: Op,
  build: Build,
  index: number,
  given: readonly Argument[],
  tensors: readonly TfliteTensor[],
): Promise<Value> {
  const body = openSubgraph(build, index);
  await lowerBody(body, given, tensors);
  const [answer] = valuesOf(resultsOf(body));
  const type = body.subgraph.outputs[0]?.type;
  if (!answer || type !== "BOOL") throw refuse(`its condition gives ${type ?? "nothing"}`);
  build.begin(op.operator, "/condition");
  return build.node("Reshape", [answer, build.ints([])]);
}

/** Takes over what a branch or a loop wrote: the last of its outputs. */
function setResources(build: Build, written: readonly string[], made: readonly Value[]): void {
  const last = made.slice(made.length - written.length);
  for (const [i, name] of written.entries()) build.resources.set(name, last[i] as Value);
}

/** Element types that the runtime adds and subtracts. */
const ADDED: ReadonlySet<string> = new Set(["float32", "float64", "int32", "int64"]);

/** Lets a resource begin with a constant. @throws Refusal */
async function begin(build: Build, resource: string, tensor: TfliteTensor): Promise<void> {
  const constant = build.constantOf(tensor);
  const input = build.resources.get(resource);
  if (!constant || constant.decode) throw refuse("a variable begins with what is computed");
  if (!input) return;
  const { data } = await constant.content.read(build.context.signal);
  const zero = isQuantized(tensor) ? (tensor.quantization.zeroPoint[0] ?? 0) : 0;
  // The stream begins there.
  if (data.every((each: unknown) => Number(each) === zero)) return;
  if (zero !== 0 || !ADDED.has(constant.content.dtype)) {
    throw refuse(`a variable of ${constant.content.dtype} begins with other numbers than zero`);
  }
  const start = build.constant(constant.content);
  const value = build.node("Add", [input, start]);
  build.context.starts.set(resource, { constant: start, value });
  build.resources.set(resource, value);
}
