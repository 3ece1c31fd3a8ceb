// Functions of the model: what they are made of stands in place of their calls. ONNX Runtime, which runs both, is the oracle.
import { describe, expect, test } from "vitest";
import {
  type Attribute,
  attribute,
  type Graph,
  inferTypes,
  type Model,
  Names,
  type Value,
} from "../../../src/model/graph/index.ts";
import { runPasses, SIMPLIFY } from "../../../src/model/passes/index.ts";
import { constantTensor } from "../../../src/model/tensor/index.ts";
import { expectSimplified } from "./answers.ts";
import { Builder, build, ops } from "./build.ts";
import { checked, quiet } from "./invariants.ts";

const { int, float, tensor } = attribute;
const parameter = (name: string, of: "float" | "int" | "tensor"): Attribute => ({
  kind: "reference",
  value: name,
  of,
});

interface Made {
  readonly attributes?: readonly string[];
  readonly defaults?: Readonly<Record<string, Attribute>>;
  readonly opset?: number;
  readonly domain?: string;
}

/** Adds a function to a model, whose domain it imports. */
function define(
  b: Builder,
  name: string,
  inputs: number,
  fill: (body: Builder, ...inputs: Value[]) => void,
  { attributes = [], defaults, opset, domain = "own" }: Made = {},
): void {
  const { model } = b;
  const graph: Graph = { name, inputs: [], outputs: [], nodes: [], values: new Map(), parent: null };
  // The names of a function are its own, and those of the graph around a call by accident.
  const body = new Builder(model, graph, new Names({ ...model, graph, functions: [] }));
  const given = Array.from({ length: inputs }, () => body.input("x", "float32", null));
  for (const value of given) value.type = null;
  fill(body, ...given);
  for (const value of graph.outputs) value.type = null;
  if (domain !== "") model.opsets.set(domain, 1);
  model.functions.push({
    domain,
    name,
    overload: "",
    opsets: new Map([
      ["", opset ?? model.opsets.get("") ?? 0],
      [domain, domain === "" ? (opset ?? 17) : 1],
    ]),
    attributes: [...attributes],
    ...(defaults && { defaults: new Map(Object.entries(defaults)) }),
    graph,
  });
}

const call = (b: Builder, name: string, inputs: (Value | null)[], given: Record<string, Attribute> = {}) =>
  b.node(name, inputs, given, "own");

/** IR 10: attributes of functions may have defaults. */
function modern(fill: (b: Builder) => void): Model {
  const model = build(17, fill);
  model.irVersion = 10;
  return model;
}

async function left(model: Model): Promise<{ ops: string[]; notes: string[] }> {
  const notes: string[] = [];
  await runPasses(model, SIMPLIFY, { note: (text) => notes.push(text) }, { check: checked(model) });
  return { ops: ops(model), notes };
}

describe("a call is what the function is made of", () => {
  test("with the attributes that it gives, or those of the function's defaults, or none", async () => {
    const model = modern((b) => {
      define(
        b,
        "Bent",
        1,
        (body, x) => {
          const bent = body.node("LeakyRelu", [x], { alpha: parameter("slope", "float") });
          body.output(body.node("Elu", [bent], { alpha: parameter("curve", "float") }));
        },
        { attributes: ["curve"], defaults: { slope: float(0.5) } },
      );
      const x = b.input("x", "float32", [2, 3]);
      const bent = [
        call(b, "Bent", [x], { slope: float(0.25), curve: float(2) }),
        call(b, "Bent", [x], { curve: float(3) }),
      ];
      b.output(b.node("Add", bent));
    });
    await expectSimplified(model, { exact: true });
    expect(model.functions).toEqual([]);
    const alphas = model.graph.nodes.map(({ op, attributes }) => [op, attributes.get("alpha")?.value]);
    expect(alphas).toEqual([
      ["LeakyRelu", 0.25],
      ["Elu", 2],
      ["LeakyRelu", 0.5],
      ["Elu", 3],
      ["Add", undefined],
    ]);
  });

  test("functions within functions, and within branches, which hand attributes on", async () => {
    const model = modern((b) => {
      define(
        b,
        "Inner",
        1,
        (body, x) => body.output(body.node("ThresholdedRelu", [x], { alpha: parameter("from", "float") })),
        { attributes: ["from"] },
      );
      define(
        b,
        "Outer",
        2,
        (body, x, on) => {
          const branch = (name: string, op: string) =>
            body.subgraph(name, (inner) => {
              const bent = call(inner, "Inner", [x], { from: parameter("least", "float") });
              inner.output(inner.node("Mul", [inner.node(op, [bent]), inner.weights([3])]), "float32");
            });
          const [y] = body.nodes("If", [on], 1, {
            then_branch: branch("yes", "Neg"),
            else_branch: branch("no", "Exp"),
          });
          body.output(y as Value);
        },
        { attributes: ["least"] },
      );
      const x = b.input("x", "float32", [2, 3]);
      const on = b.input("on", "bool", []);
      const [one, two] = [0.5, 1].map((least) => call(b, "Outer", [x, on], { least: float(least) }));
      b.output(b.node("Sub", [one as Value, two as Value]));
    });
    await expectSimplified(model);
    expect(model.functions).toEqual([]);
    expect(ops(model)).toEqual(["If", "If", "Sub"]);
  });

  test("large constants are there once, however often it is called", async () => {
    const weights = constantTensor(
      { dtype: "float32", shape: [64, 64], data: Float32Array.from({ length: 4096 }, (_, i) => i % 7) },
      "the test",
    );
    const model = modern((b) => {
      define(b, "Layer", 1, (body, x) => {
        const held = body.node("Constant", [], { value: tensor(weights) });
        body.output(body.node("MatMul", [x, held]));
      });
      let x = b.input("x", "float32", [1, 64]);
      const on = b.input("on", "bool", []);
      for (let i = 0; i < 3; i++) x = call(b, "Layer", [b.node("Tanh", [x])]);
      const branch = (name: string) =>
        b.subgraph(name, (inner) => inner.output(call(inner, "Layer", [inner.node("Tanh", [x])])));
      const [y] = b.nodes("If", [on], 1, { then_branch: branch("yes"), else_branch: branch("no") });
      b.output(y as Value);
    });
    await expectSimplified(model);
    const held = [...model.graph.values.values()].filter(({ constant }) => constant === weights);
    expect(held).toHaveLength(1);
    expect(held[0]?.uses).toHaveLength(5);
  });

  test("inputs that are left out, and outputs that are not read", async () => {
    const model = modern((b) => {
      define(b, "Several", 3, (body, x, low, high) => {
        const clipped = body.node("Clip", [x, low, high]);
        for (const each of [clipped, body.node("Neg", [x])]) body.output(each);
      });
      const x = b.input("x", "float32", [2, 3]);
      const bound = b.constant("float32", [], [1]);
      for (const y of b.nodes("Several", [x, null, bound], 2, {}, "own")) b.output(y);
      const [again] = b.nodes("Several", [b.node("Exp", [x]), bound], 2, {}, "own");
      b.output(again as Value);
    });
    const names = model.graph.outputs.map(({ name }) => name);
    await expectSimplified(model, { exact: true });
    expect(ops(model).sort()).toEqual(["Clip", "Clip", "Exp", "Neg"]);
    expect(model.graph.outputs.map(({ name }) => name)).toEqual(names);
  });

  // The runtime takes no such function; onnx's own checker does.
  test("an input that is an output is what the call was given; an output that stands there twice is one value", async () => {
    const pair = (isGiven: boolean) =>
      modern((b) => {
        define(b, "Pair", 2, (body, x, y) => {
          const turned = body.node("Neg", [x]);
          for (const each of [turned, y, turned]) body.output(each);
        });
        const x = b.input("x", "float32", [2]);
        const given = isGiven ? [x, b.node("Exp", [x])] : [x];
        const [one, two, three] = b.nodes("Pair", given, 3, {}, "own");
        b.output(b.node("Add", [one as Value, two as Value]));
        b.output(three as Value);
        b.output(one as Value);
      });
    expect((await left(pair(true))).ops).toEqual(["Exp", "Neg", "Identity", "Add"]);
    expect((await left(pair(false))).ops).toEqual(["Pair", "Add"]);
  });

  test("an operator set that the model lacks is imported; one in which its operators are the same may be another", async () => {
    const model = modern((b) => {
      define(b, "Old", 1, (body, x) => body.output(body.node("Relu", [body.node("Sigmoid", [x])])), {
        opset: 15,
      });
      define(b, "Foreign", 1, (body, x) => body.output(body.node("Gelu", [x], {}, "com.microsoft")));
      b.model.functions.at(-1)?.opsets.set("com.microsoft", 1);
      b.output(call(b, "Foreign", [call(b, "Old", [b.input("x", "float32", [4])])]));
    });
    expect((await left(model)).ops).toEqual(["Sigmoid", "Relu", "Gelu"]);
    expect(model.opsets.get("com.microsoft")).toBe(1);
  });
});

test("types are worked out with the attributes that a call leaves to the function's defaults", async () => {
  const model = modern((b) => {
    define(
      b,
      "Turned",
      1,
      (body, x) =>
        body.output(body.node("Transpose", [x], { perm: { kind: "reference", value: "order", of: "ints" } })),
      { defaults: { order: attribute.ints([0, 2, 1]) } },
    );
    b.output(call(b, "Turned", [b.input("x", "float32", [2, 3, 4])]));
  });
  const types = await inferTypes(model);
  expect(types.shapeOf(model.graph.outputs[0] as Value)).toEqual([2, 4, 3]);
  await expectSimplified(model, { exact: true });
});

describe("functions that stay", () => {
  test.each<[string, (b: Builder) => void, RegExp]>([
    [
      "whose operators mean something else in the model",
      (b) =>
        define(b, "F", 1, (body, x) => body.output(body.node("Softmax", [x], { axis: int(1) })), {
          opset: 11,
        }),
      /^own\.F stays a function: Softmax is of opset 11 in it, and of 17 in the model/,
    ],
    [
      "that call themselves",
      (b) => {
        define(b, "G", 1, (body, x) => body.output(call(body, "F", [x])));
        define(b, "F", 1, (body, x) => body.output(call(body, "G", [x])));
      },
      /^own\.F stays a function: it calls (itself|own\.G)/,
    ],
    [
      "that are called too deep",
      (b) => {
        define(b, "F64", 1, (body, x) => body.output(body.node("Neg", [x])));
        for (let i = 63; i >= 0; i--)
          define(b, i === 0 ? "F" : `F${i}`, 1, (body, x) => body.output(call(body, `F${i + 1}`, [x])));
      },
      /^own\.F stays a function: it calls others 65 deep/,
    ],
    [
      "that would be very many nodes",
      (b) => {
        define(b, "F40", 1, (body, x) => body.output(body.node("Neg", [x])));
        for (let i = 39; i >= 0; i--) {
          define(b, i === 0 ? "F" : `F${i}`, 1, (body, x) => {
            body.output(call(body, `F${i + 1}`, [call(body, `F${i + 1}`, [x])]));
          });
        }
      },
      /^functions stay: written out, the model would be too large/,
    ],
    [
      "that compute no output",
      (b) => define(b, "F", 1, (body, x) => body.output({ ...x, name: "nothing" })),
      /^own\.F stays a function: an output of it is not computed/,
    ],
    [
      "that import no operators",
      (b) => {
        define(b, "F", 1, (body, x) => body.output(body.node("Neg", [x])));
        b.model.functions[0]?.opsets.delete("");
      },
      /^own\.F stays a function: it imports no operator set for Neg/,
    ],
  ])("%s", async (_, fill, why) => {
    const model = modern((b) => {
      fill(b);
      b.output(call(b, "F", [b.input("x", "float32", [2, 3])]));
    });
    const notes: string[] = [];
    await runPasses(model, SIMPLIFY, { ...quiet, note: (text) => notes.push(text) });
    expect(ops(model)).toEqual(["F"]);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatch(why);
  });

  test("whose name is an operator's", async () => {
    const model = modern((b) => {
      define(b, "Relu", 1, (body, x) => body.output(body.node("Neg", [x])), { domain: "" });
      b.output(b.node("Relu", [b.input("x", "float32", [2])]));
    });
    expect((await left(model)).ops).toEqual(["Relu"]);
  });
});
