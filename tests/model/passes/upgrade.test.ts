// The upgrade: which graphs it takes along, what it refuses, and what it leaves alone. That answers stay is shown by
// upgrade.full.test.ts and upgrade-answers.test.ts.
import { describe, expect, test } from "vitest";
import {
  type Attribute,
  attribute,
  type Model,
  type ModelFunction,
  Names,
} from "../../../src/model/graph/index.ts";
import { NEWEST_OPSET, newestOpsetOf, upgradeTo } from "../../../src/model/passes/index.ts";
import type { DType } from "../../../src/model/tensor/index.ts";
import { bytesOfModel, evaluate, openSession } from "../evaluate.ts";
import { feedsOf } from "./answers.ts";
import { Builder, build, ops } from "./build.ts";
import { expectSound, fingerprint } from "./invariants.ts";

const context = () => {
  const notes: string[] = [];
  return { notes, note: (text: string) => void notes.push(text) };
};

async function upgrade(model: Model, version: number, domain = ""): Promise<Model> {
  const result = await upgradeTo(version, domain).run(model, context());
  expectSound(result.model);
  return result.model;
}

async function refusal(model: Model, version: number, domain = ""): Promise<Record<string, unknown>> {
  const error = await Promise.resolve(upgradeTo(version, domain).run(model, context())).catch((each) => each);
  return { code: error.code, ...error.details };
}

const clip = (opset: number) =>
  build(opset, (b) => {
    const x = b.input("x", "float32", [2, 3]);
    b.output(b.node("Clip", [x], { min: attribute.float(0), max: attribute.float(6) }));
  });

/** A function of one input and one output; the node that calls it is put into the main graph. */
function addFunction(
  model: Model,
  opset: number,
  op: string,
  attributes: ModelFunction["attributes"] = [],
): Builder {
  const graph = { name: op, inputs: [], outputs: [], nodes: [], values: new Map(), parent: null };
  const made = { domain: "own", name: op, overload: "", opsets: new Map([["", opset]]), attributes, graph };
  model.functions.push(made);
  return new Builder(model, graph, new Names(model));
}

describe("versions", () => {
  test.each([0, -1, 6.5, Number.NaN, NEWEST_OPSET + 1])("there is no way to %d", (version) => {
    expect(() => upgradeTo(version)).toThrow(expect.objectContaining({ code: "MODEL_OPSET_UNKNOWN" }));
  });

  test("nor to a domain without versions", () => {
    expect(() => upgradeTo(1, "com.microsoft")).toThrow(
      /com\.microsoft: ai\.onnx and ai\.onnx\.ml are known/,
    );
  });

  test.each([0, -9, -(2 ** 63)])("a model of version %d is of none", async (version) => {
    const model = clip(13);
    model.opsets.set("", version);
    expect(await refusal(model, NEWEST_OPSET)).toEqual({
      code: "MODEL_OPSET_INVALID",
      domain: "ai.onnx",
      version,
    });
  });

  test("a model is not taken back where an operator of it was something else before", async () => {
    expect(await refusal(clip(13), 11)).toEqual({
      code: "MODEL_OPSET_DOWNGRADE",
      domain: "ai.onnx",
      from: 13,
      version: 11,
      operators: "Clip",
    });
    const model = await upgrade(clip(16), 13);
    expect([model.opsets.get(""), model.graph.nodes[0]?.op]).toEqual([13, "Clip"]);
  });

  // onnx 1.23 writes opset 28 and IR version 14 by itself; ONNX Runtime 1.30 refuses both.
  test("a model of a newer operator set than the runtime's is brought to that one where its nodes are the same in both", async () => {
    const of = (
      op: string,
      attributes: Record<string, Attribute>,
      dtype: DType = "float32",
      gives: DType = dtype,
    ) => {
      const model = build(28, (b) => {
        const x = b.input("x", dtype, [1, 4, 2, 2]);
        b.output(b.node(op, op === "Mod" ? [x, x] : [x], attributes), gives);
      });
      model.irVersion = 14;
      return model;
    };
    const cast = (to: number, gives: DType) => of("Cast", { to: attribute.int(to) }, "float32", gives);
    const blocks = { blocksize: attribute.int(2) };
    for (const model of [
      of("Relu", {}),
      cast(7, "int64"),
      of("SpaceToDepth", blocks),
      of("Mod", {}, "int64"),
    ]) {
      expect(newestOpsetOf(model)).toBe(NEWEST_OPSET);
      await upgrade(model, NEWEST_OPSET);
      expect([model.opsets.get(""), model.irVersion]).toEqual([NEWEST_OPSET, 13]);
      expect(await openSession(await bytesOfModel(model))).toBeDefined();
    }
    for (const model of [
      cast(27, "float6e2m3"),
      of("Celu", {}, "float64"),
      of("SpaceToDepth", { ...blocks, mode: attribute.string("DCR") }),
      of("Mod", {}),
      of("SwiGLU", {}),
    ])
      expect(await refusal(model, NEWEST_OPSET)).toMatchObject({ code: "MODEL_OPSET_DOWNGRADE" });
  });

  test("an IR version that the runtime does not read is lowered where nothing needs it", async () => {
    const of = async (irVersion: number, fill: (b: Builder) => void) => {
      const model = build(NEWEST_OPSET, fill);
      model.irVersion = irVersion;
      const told = context();
      const { modified } = await upgradeTo(NEWEST_OPSET).run(model, told);
      return { modified, irVersion: model.irVersion, notes: told.notes };
    };
    const relu = (b: Builder) => b.output(b.node("Relu", [b.input("x", "float32", [1])]));
    expect(await of(13, relu)).toEqual({ modified: false, irVersion: 13, notes: [] });
    expect(await of(14, relu)).toEqual({
      modified: true,
      irVersion: 13,
      notes: [expect.stringMatching(/^the file is of IR version 13 in place of 14/)],
    });
    const kept = (reason: string) => ({
      modified: false,
      notes: [expect.stringMatching(new RegExp(`${reason}.*\\(MODEL_IR_KEPT\\)$`))],
    });
    expect(await of(15, relu)).toMatchObject(kept("what came after version 14 is not known"));
    expect(
      await of(14, (b) => b.output(b.node("Identity", [b.input("x", "float6e2m3", [1])]), "float6e2m3")),
    ).toMatchObject(kept("it has elements of float6e2m3, which came with version 14"));
  });

  test("nothing is changed where nothing needs it", async () => {
    for (const model of [clip(13), build(13, (b) => b.output(b.input("x", "float32", [1])))]) {
      const before = fingerprint(model);
      expect(await upgradeTo(13).run(model, context())).toEqual({ model, modified: false });
      expect(await upgradeTo(4, "ai.onnx.ml").run(model, context())).toEqual({ model, modified: false });
      expect(fingerprint(model)).toBe(before);
    }
  });

  test("the operator set and the IR version go up, never down", async () => {
    const model = await upgrade(clip(6), 13);
    expect([model.opsets.get(""), model.irVersion]).toEqual([13, 8]);
    await upgrade(model, 21);
    expect([model.opsets.get(""), model.irVersion]).toEqual([21, 10]);
  });

  test("a file that names no operator set is of the first", async () => {
    const model = build(1, (b) => {
      const x = b.input("x", "float32", [2, 3]);
      b.output(b.node("Relu", [x], { consumed_inputs: attribute.ints([0]) }));
    });
    model.opsets.clear();
    model.irVersion = 1;
    await upgrade(model, 9);
    expect([model.opsets.get(""), model.irVersion]).toEqual([9, 4]);
    expect(model.graph.nodes[0]?.attributes.size).toBe(0);
  });

  test("the newest that the runtime runs depends on the operators", () => {
    const of = (op: string, opset: number) =>
      build(opset, (b) => b.output(b.node(op, [b.input("x", "float32", [1])])));
    expect([newestOpsetOf(of("Relu", 9)), newestOpsetOf(of("GlobalLpPool", 9))]).toEqual([NEWEST_OPSET, 21]);
    expect([newestOpsetOf(of("RandomUniformLike", 25)), newestOpsetOf(of("Swish", 24))]).toEqual([
      NEWEST_OPSET,
      24,
    ]);
  });
});

describe("places", () => {
  test("subgraphs, with constants of their own", async () => {
    const model = build(10, (b) => {
      const x = b.input("x", "float32", [2, 3]);
      const branch = (min: number) =>
        b.subgraph("branch", (inner) => inner.output(inner.node("Clip", [x], { min: attribute.float(min) })));
      const cond = b.constant("bool", [], [1], "cond");
      b.output(b.node("If", [cond], { then_branch: branch(0), else_branch: branch(1) }));
    });
    await upgrade(model, 13);
    const [node] = model.graph.nodes;
    for (const name of ["then_branch", "else_branch"]) {
      const branch = node?.attributes.get(name);
      if (branch?.kind !== "graph") throw new Error(name);
      const [inner] = branch.value.nodes;
      expect(inner?.inputs.map((value) => value?.graph)).toEqual([model.graph, branch.value]);
      expect(inner?.inputs[1]?.constant?.shape).toEqual([]);
    }
  });

  test("functions, by their own operator sets, with constants as nodes and parameters kept", async () => {
    const calls = (attributes: Parameters<Builder["node"]>[2]) =>
      build(13, (b) => b.output(b.node("Soft", [b.input("x", "float32", [2, 3, 4])], attributes, "own")));
    const model = calls({ axes: attribute.ints([0]) });
    const fill = (inner: Builder) => {
      const x = inner.input("x", "float32", null);
      const sum = inner.node("ReduceSum", [x], { axes: { kind: "reference", value: "axes" } });
      inner.output(inner.node("Unsqueeze", [inner.node("Softmax", [sum])], { axes: attribute.ints([0]) }));
    };
    fill(addFunction(model, 12, "Soft", ["axes"]));
    const same = addFunction(model, 13, "Same");
    same.output(same.node("Identity", [same.input("x", "float32", null)]));
    await upgrade(model, 21);
    const [soft, other] = model.functions;
    expect([soft?.opsets.get(""), other?.opsets.get("")]).toEqual([21, 21]);
    expect(soft?.graph.nodes.map(({ op }) => op)).toEqual(
      "Constant ReduceSum Shape Flatten Softmax Reshape Constant Unsqueeze".split(" "),
    );
    expect(soft?.graph.nodes[0]?.attributes.get("value_ints")).toEqual({ kind: "reference", value: "axes" });
    expect(soft?.graph.nodes[5]?.attributes.get("allowzero")).toEqual({ kind: "int", value: 1n });

    // Without the parameter all axes are meant, which a Constant without a value would not say.
    const without = calls({});
    fill(addFunction(without, 12, "Soft", ["axes"]));
    expect((await refusal(without, 21)).list).toMatch(/^ReduceSum .*its axes is a parameter of the function/);
  });

  test("a node that calls a function of the model is no operator of the standard", async () => {
    const model = build(12, (b) => b.output(b.node("Softmax", [b.input("x", "float32", [2, 3, 4])])));
    addFunction(model, 12, "Softmax");
    (model.functions[0] as { domain: string }).domain = "";
    await upgrade(model, 13);
    expect(ops(model)).toEqual(["Softmax"]);
  });

  test("defaults that IR 3 could not replace stay constants", async () => {
    const model = build(6, (b) => {
      const x = b.input("x", "float32", [2, 3]);
      const bias = b.constant("float32", [2], [1, 2], "bias");
      b.graph.inputs.push(bias);
      b.output(
        b.node("Add", [x, bias], { broadcast: attribute.int(1), axis: attribute.int(0) }),
        "float32",
        [2, 3],
      );
    });
    model.irVersion = 3;
    await upgrade(model, 13);
    expect(model.graph.inputs.map(({ name }) => name)).toEqual(["x"]);
    expect(ops(model)).toEqual(["Unsqueeze", "Add"]);
  });

  test("what nobody knows stays: operators, attributes, names, words", async () => {
    const model = build(6, (b) => {
      const x = b.input("x", "float32", [2, 3]);
      const odd = b.node("Odd", [x], { consumed_inputs: attribute.ints([0]) });
      b.output(b.node("Clip", [odd], { min: attribute.float(0), own: attribute.string("mine") }));
    });
    const node = model.graph.nodes[1];
    if (!node) throw new Error("no Clip");
    node.metadata = new Map([["a", "b"]]);
    node.doc = "cuts";
    await upgrade(model, NEWEST_OPSET);
    expect(model.graph.nodes[0]?.attributes.has("consumed_inputs")).toBe(true);
    expect(node).toMatchObject({ doc: "cuts", metadata: new Map([["a", "b"]]) });
    expect([...node.attributes.keys()]).toEqual(["own"]);
  });

  test("new nodes are named after theirs, and no two alike: the runtime refuses that", async () => {
    const model = build(18, (b) => {
      const x = b.input("x", "float32", [1, 4, 2]);
      const [scale, bias] = [b.weights([2]), b.weights([2])];
      b.output(b.node("GroupNormalization", [x, scale, bias], { num_groups: attribute.int(2) }));
    });
    for (const node of model.graph.nodes) node.name = "gn";
    await upgrade(model, 21);
    const names = model.graph.nodes.map(({ name }) => name);
    expect(names).toContain("gn_Expand");
    expect(new Set(names).size).toBe(names.length);
  });

  test("names that are taken are not taken again", async () => {
    const model = clip(6);
    const [node] = model.graph.nodes;
    const output = node?.outputs[0]?.name;
    new Builder(model, model.graph, new Names(model)).input(`${output}_min`, "float32", []);
    await upgrade(model, 13);
    expect(node?.inputs[1]?.name).toBe(`${output}_min_1`);
  });
});

describe("refusals", () => {
  test("all of them at once, by operator and reason", async () => {
    const model = build(8, (b) => {
      const x = b.input("x", "float32", [2, 3]);
      const values = ["a", "b", "c", "d", "e"].map(() => b.node("LpPool", [x], { p: attribute.float(2.5) }));
      for (const value of values) b.output(value);
      b.output(b.node("Slice", [x], { starts: attribute.ints([0]) }));
      b.output(b.node("Unsqueeze", [x], { axes: attribute.string("0") }));
    });
    model.opsets.set("", 1);
    const { list, ...rest } = await refusal(model, 13);
    expect(rest).toEqual({ code: "MODEL_UPGRADE_REFUSED", count: 7, domain: "ai.onnx", version: 13 });
    expect(String(list).split("; ")).toEqual([
      "LpPool of opset 1: its p is 2.5 (lppool, lppool_1, lppool_2 and 2 more)",
      "Slice of opset 9: it has no attribute ends (slice)",
      "Unsqueeze of opset 12: its axes is string where ints belongs (unsqueeze)",
    ]);
  });

  test("an operator that the runtime would no longer run", async () => {
    const model = build(16, (b) => b.output(b.node("GlobalLpPool", [b.input("x", "float32", [1, 1, 2])])));
    expect((await refusal(model, 22)).list).toMatch(/GlobalLpPool of opset 16: .* after 21/);
    await upgrade(model, 21);
  });

  test("tree ensembles are not valid in the newest ai.onnx.ml", async () => {
    const model = build(13, (b) =>
      b.output(b.node("TreeEnsembleRegressor", [b.input("x", "float32", [1, 1])], {}, "ai.onnx.ml")),
    );
    model.opsets.set("ai.onnx.ml", 1);
    expect((await refusal(model, 5, "ai.onnx.ml")).list).toMatch(/version 4 of ai\.onnx\.ml has it/);
    const again = build(13, (b) =>
      b.output(b.node("TreeEnsembleRegressor", [b.input("x", "float32", [1, 1])], {}, "ai.onnx.ml")),
    );
    again.opsets.set("ai.onnx.ml", 1);
    await upgrade(again, 4, "ai.onnx.ml");
    expect(again.opsets.get("ai.onnx.ml")).toBe(4);
  });

  test.each([
    [0, 1],
    [0, 0],
    [1, 1],
    [1, 0],
  ])(
    "means over all pictures stay so (across_channels %i, normalize_variance %i)",
    async (across, variance) => {
      const make = (...shape: number[]) =>
        build(8, (b) => {
          const attributes = {
            across_channels: attribute.int(across),
            normalize_variance: attribute.int(variance),
          };
          b.output(b.node("MeanVarianceNormalization", [b.input("x", "float32", shape)], attributes));
        });
      for (const shape of [
        [2, 3, 2, 2],
        [2, 3],
      ]) {
        const feeds = feedsOf(make(...shape), 1);
        const before = await evaluate(make(...shape), feeds);
        const model = make(...shape);
        await upgradeTo(21).run(model, context());
        const after = await evaluate(model, feeds);
        const [x, y] = [before, after].map((answer) => Object.values(answer)[0]?.data as Float32Array);
        for (const [i, number] of (x as Float32Array).entries()) expect(y?.[i]).toBeCloseTo(number, 5);
      }
    },
  );

  test("a layer's normalisation whose types the standard does not have stays the runtime's", async () => {
    const model = build(16, (b) => {
      const [data, scale] = [b.input("x", "float16", [2, 3]), b.input("s", "float32", [3])];
      b.output(b.node("LayerNormalization", [data, scale]));
    });
    await expect(upgradeTo(17).run(model, context())).rejects.toMatchObject({
      code: "MODEL_UPGRADE_REFUSED",
      message: expect.stringContaining("its input is of float16 and its scale of float32"),
    });
  });

  test("training mode is said, and kept", async () => {
    const model = build(6, (b) => b.output(b.node("Dropout", [b.input("x", "float32", [4])])));
    const notes = context();
    await upgradeTo(13).run(model, notes);
    expect(notes.notes).toEqual([
      "Dropout dropout is in training mode, since its is_test is 0, and stays so",
    ]);
    expect(model.graph.nodes[0]?.inputs[2]?.constant?.dtype).toBe("bool");
  });
});
