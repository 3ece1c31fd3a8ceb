// Graphs that are damaged or made to harm: inference says less of them, and neither fails nor takes long.
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  type Attribute,
  addValue,
  attribute,
  type Graph,
  GraphEdit,
  graphsOf,
  inferTypes,
  isModelyardError,
  knownDomains,
  type Model,
  type ModelFunction,
  operatorsOf,
  schemaVersions,
  type Value,
} from "../../../src/model/index.ts";
import { SEED } from "../../seed.ts";
import { random } from "../../serve/random.ts";
import { FIXTURES, MNIST, openBytes } from "../files.ts";
import { DEBIAN } from "../onnx-cases.ts";
import { build, constantOf, emptyGraph } from "./build.ts";

/** Infers, and asks for the type of every value. */
async function inferAll(model: Model) {
  const types = await inferTypes(model);
  for (const graph of graphsOf(model)) {
    for (const value of graph.values.values()) {
      types.typeOf(value);
      types.knownOf(value);
    }
  }
  return types;
}

test("models with bytes changed at random are inferred, or refused by name", async () => {
  const seed = SEED;
  const next = random(seed);
  const below = (n: number) => Math.floor(next() * n);
  const files = [MNIST, `${FIXTURES}/types-raw.onnx`, `${FIXTURES}/types-typed.onnx`];
  for (let i = 0; i < 30 && DEBIAN.cases.length > 0; i++)
    files.push(DEBIAN.cases[below(DEBIAN.cases.length)]?.model ?? MNIST);
  let inferred = 0;
  for (const [i, path] of files.filter(existsSync).entries()) {
    const source = readFileSync(path);
    for (let round = 0; round < 10; round++) {
      const bytes = Buffer.from(source);
      for (let change = 0; change <= below(6); change++)
        bytes[below(Math.min(bytes.length, 4_000))] = below(256);
      try {
        await inferAll(await openBytes(bytes));
        inferred++;
      } catch (error) {
        if (!isModelyardError(error) || error.code === "INTERNAL")
          throw new Error(`seed ${seed}, file ${i} ${path}, round ${round}`, { cause: error });
      }
    }
  }
  expect(inferred).toBeGreaterThan(10);
});

/** A body that applies an operator twice to its input. */
function twice(domain: string, op: string): Graph {
  const graph = emptyGraph();
  const input = addValue(graph, "x");
  graph.inputs.push(input);
  const outputs = ["a", "b", "c"].map((name) => addValue(graph, name));
  const [a, b, c] = outputs as [Value, Value, Value];
  const edit = new GraphEdit(graph);
  edit.insertBefore(null, { op, domain, inputs: [input], outputs: [a] });
  edit.insertBefore(null, { op, domain, inputs: [a], outputs: [b] });
  edit.insertBefore(null, {
    op: "Concat",
    inputs: [a, b],
    outputs: [c],
    attributes: { axis: attribute.int(0) },
  });
  edit.commit();
  graph.outputs.push(c);
  return graph;
}

test("functions that call each other twice, thirty deep, with other shapes each time", async () => {
  const { model, input, node } = build();
  for (let i = 0; i < 30; i++) {
    const made: ModelFunction = {
      domain: "mine",
      name: `F${i}`,
      overload: "",
      opsets: new Map([["", 21]]),
      attributes: [],
      graph: i === 0 ? twice("", "Relu") : twice("mine", `F${i - 1}`),
    };
    model.functions.push(made);
  }
  const y = node("F29", [input("x", "float32", ["n", 3])], {}, "mine");
  const types = await inferAll(model);
  // Some way down inference gives up, and says nothing rather than something wrong.
  expect(types.typeOf(y)).toSatisfy((type) => type === null || type.shape === null || type.shape[0] === null);
});

test("ranks, counts and indices beyond anything", async () => {
  const { model, input, constant, node } = build();
  const wide = input("wide", "float32", new Array(100_000).fill(2));
  for (let i = 0; i < 2_000; i++) node("Relu", [wide]);
  const x = input("x", "float32", ["n", 4]);
  const long = input("long", "int64", [2 ** 40]);
  const huge = [2n ** 63n - 1n, -(2n ** 63n), BigInt(Number.MAX_SAFE_INTEGER)];
  node("Reshape", [x, long]);
  node("ConstantOfShape", [long]);
  node("Slice", [x, long, long]);
  node("Tile", [x, long]);
  node("Unsqueeze", [x, long]);
  node("ReduceSum", [x, long], { keepdims: attribute.int(0) });
  for (const [i, big] of huge.entries()) {
    const c = constant(`big${i}`, "int64", [1], [big]);
    for (const op of [
      "Reshape",
      "ConstantOfShape",
      "Tile",
      "Expand",
      "Unsqueeze",
      "Squeeze",
      "Gather",
      "Split",
    ])
      node(op, op === "ConstantOfShape" ? [c] : [x, c], { axis: attribute.int(big) });
    node("Slice", [x, c, c, c, c]);
    node("Range", [c, c, c]);
    node("OneHot", [c, c, c]);
    node("Flatten", [x], { axis: attribute.int(big) });
    node("DepthToSpace", [x], { blocksize: attribute.int(big) });
    node("Conv", [x, x], { strides: attribute.ints([big, big]), pads: attribute.ints([big, big, big, big]) });
    node("Mul", [c, c]);
    node("Pad", [x, c]);
    node("TopK", [x, c]);
  }
  const all: Value[] = new Array(50_000).fill(x);
  const joined = node("Concat", all, { axis: attribute.int(0) });
  const types = await inferAll(model);
  expect(types.typeOf(joined)).toMatchObject({ shape: ["50000*n", 4] });
});

test("sums of many lengths, in node after node: inference gives up, and says nothing of the rest", async () => {
  const { model, input, constant, node } = build();
  const symbols = Array.from({ length: 12 }, (_, i) => `length${i}`);
  const shape = node("Shape", [input("x", "float32", symbols)]);
  const lengths = symbols.map((_, i) =>
    node("Gather", [shape, constant(`at${i}`, "int64", [], [i])], { axis: attribute.int(0) }),
  );
  const sum = lengths.reduce((a, b) => node("Add", [a, b]));
  const products = Array.from({ length: 60_000 }, (_, i) => addValue(model.graph, `product${i}`));
  const two = constant("two", "int64", [], [2]);
  const edit = new GraphEdit(model.graph);
  for (const product of products) {
    edit.insertBefore(null, { op: "Mul", inputs: [sum, two], outputs: [product], attributes: {} });
  }
  edit.commit();
  const types = await inferAll(model);
  expect(types.knownOf(products[0] as Value)).not.toBeNull();
  expect(types.knownOf(products.at(-1) as Value)).toBeNull();
});

test("nodes out of order, cycles, and names that JavaScript has a meaning for", async () => {
  const { model, input, node } = build();
  const x = input("__proto__", "float32", ["constructor", "toString"]);
  const a = node("Relu", [x]);
  const b = node("Add", [a, x]);
  if (a.producer) a.producer.inputs[0] = b;
  model.graph.nodes.reverse();
  const c = node("hasOwnProperty", [x], {}, "constructor");
  const d = node("toString", [x]);
  const types = await inferAll(model);
  expect(types.typeOf(x)).toMatchObject({ shape: ["constructor", "toString"] });
  expect(types.typeOf(c)).toBeNull();
  expect(types.typeOf(d)).toBeNull();
});

test("every operator with inputs and attributes that make no sense", async () => {
  const seed = SEED;
  const next = random(seed);
  const below = (n: number) => Math.floor(next() * n);
  const pick = <T>(list: readonly T[]) => list[below(list.length)] as T;
  const number = () => pick([0, 1, 2, 3, -1, -2, 7, 100, 2 ** 31, -(2 ** 31), 2 ** 53 - 1]);
  const dtypes = ["float32", "int64", "bool", "string", "int32", "float16"] as const;
  const attributeOf = (kind: string): Attribute => {
    if (kind === "int") return attribute.int(number());
    if (kind === "ints") return attribute.ints(Array.from({ length: below(6) }, number));
    if (kind === "float") return attribute.float(pick([0, 0.5, -1, Number.NaN, 1e30]));
    if (kind === "floats") return attribute.floats(Array.from({ length: below(6) }, () => next() * 4));
    if (kind === "graph") return attribute.graph(twice("", "Relu"));
    if (kind === "tensor") return attribute.tensor(constantOf("t", "int64", [2], [number(), number()]));
    return attribute.string(
      pick(["SAME_UPPER", "VALID", "linear", "ij,jk->ik", "...i->", "->", ",", "bidirectional"]),
    );
  };
  for (const domain of knownDomains()) {
    for (const op of operatorsOf(domain)) {
      for (let round = 0; round < 6; round++) {
        const { model, input, constant, nodes } = build(pick([1, 6, 9, 11, 13, 18, 21, 25]));
        model.opsets.set(domain, model.opsets.get("") ?? 1);
        const inputs = Array.from({ length: below(7) }, (_, i) => {
          const kind = below(8);
          if (kind === 0) return null;
          if (kind < 3) {
            const numbers = Array.from({ length: below(5) }, number);
            return constant(`c${i}`, pick(["int64", "float32"]), [numbers.length], numbers);
          }
          const shape = Array.from({ length: below(6) }, () => pick([0, 1, 2, 3, 8, "n", "m", null]));
          return input(`i${i}`, pick(dtypes), kind === 3 ? null : shape);
        });
        const schema = pick(schemaVersions(domain, op));
        const attributes: Record<string, Attribute> = {};
        for (const { name, kind } of schema.attributes.values())
          if (below(2) === 0) attributes[name] = attributeOf(below(20) === 0 ? "int" : kind);
        const [first] = nodes(op, 1 + below(4), inputs, attributes);
        if (first?.producer) first.producer.domain = domain;
        await inferAll(model).catch((error: unknown) => {
          throw new Error(`seed ${seed}: ${domain} ${op}`, { cause: error });
        });
      }
    }
  }
});
