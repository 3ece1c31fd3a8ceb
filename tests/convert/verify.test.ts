// --verify by sabotage: one thing in a copy is changed, and the node that computes otherwise is named.

import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openModelSink } from "../../src/base/node/index.ts";
import { convertText } from "../../src/cli/convert-text.ts";
import { openTerminal } from "../../src/cli/terminal.ts";
import { setAttribute } from "../../src/model/graph/attributes.ts";
import {
  addConstant,
  addValue,
  attribute,
  GraphEdit,
  Names,
  type Node,
  setInput,
} from "../../src/model/graph/index.ts";
import { writeModel } from "../../src/model/index.ts";
import { constantTensor } from "../../src/model/tensor/index.ts";
import { convertModel } from "../../src/run/convert/index.ts";
import { firstText } from "../../src/run/convert/verify/text.ts";
import { openSource } from "../../src/run/pipeline/open.ts";
import { emptyFolder, ROOT } from "../cli/modelyard.ts";
import { disguise } from "../model/disguise.ts";
import { build } from "../model/passes/build.ts";
import { packageFile } from "../models.ts";
import { SILERO_V5 } from "../packages.ts";
import { fixture } from "../runtime/models.ts";
import { random } from "../serve/random.ts";
import { openFile, spots, verifyChanged } from "./sabotage.ts";

const MNIST = join(ROOT, "examples/models/mnist/1/mnist-8.onnx");

describe("a net of which one thing is changed", () => {
  test("its weights and operators are found", async () => {
    const { model, close } = await openFile(MNIST);
    const count = spots(model).length;
    await close();
    expect(count).toBeGreaterThan(7);
    for (let i = 0; i < count; i += 3) {
      let wanted = "";
      const report = await verifyChanged(MNIST, emptyFolder(), async (copy) => {
        const spot = spots(copy)[i];
        await spot?.spoil();
        wanted = spot?.node.outputs[0]?.name ?? "";
      });
      expect(report.verified).toBe(false);
      const { failure } = report;
      expect(failure?.first?.value, failure?.problem).toBe(wanted);
      expect(failure && firstText(failure)).toContain(wanted);
    }
  });

  test("also where everything has another name and stands elsewhere", async () => {
    let wanted = "";
    const report = await verifyChanged(MNIST, emptyFolder(), async (copy) => {
      const spot = spots(copy).find(({ what }) => what.startsWith("weight of Conv Convolution110"));
      await spot?.spoil();
      wanted = spot?.node.outputs[0]?.name ?? "";
      disguise(copy, 7);
    });
    expect(wanted).toBe("Convolution110_Output_0");
    expect(report.failure?.first).toMatchObject({
      value: wanted,
      node: { op: "Conv", name: "Convolution110" },
      nodeInResult: { op: "Conv", name: "" },
    });
    expect(report.failure?.first?.valueInResult).not.toBe(wanted);
  });

  test("a node that was put between is named as what stands between", async () => {
    const report = await verifyChanged(MNIST, emptyFolder(), (copy) => {
      const { graph } = copy;
      const edit = new GraphEdit(graph);
      const relu = graph.nodes.find(({ op }) => op === "MaxPool");
      const input = relu?.inputs[0];
      if (!relu || !input) throw new Error("mnist has no MaxPool");
      const doubled = addValue(graph, new Names(copy).fresh("doubled"));
      edit.insertBefore(relu, { op: "Add", name: "twice", inputs: [input, input], outputs: [doubled] });
      setInput(relu, 0, doubled);
      edit.commit();
    });
    expect(report.failure?.first).toMatchObject({
      node: { op: "MaxPool" },
      between: { original: [], result: [{ op: "Add", name: "twice" }] },
    });
  });

  test("a weight inside a branch is laid to the node around it", async (context) => {
    const path = await packageFile(context, ...SILERO_V5);
    let op = "";
    const report = await verifyChanged(path, emptyFolder(), async (copy) => {
      const inside = spots(copy).filter(({ node, what }) => node.op === "If" && what.startsWith("weight"));
      for (const spot of inside) await spot.spoil();
      op = inside[0]?.node.op ?? "";
    });
    expect(op).toBe("If");
    expect(report.failure?.first?.node.op).toBe("If");
  });
});

describe("what is no difference", () => {
  test("a value that no answer hangs on, though its name now means something else", async () => {
    const report = await verifyChanged(fixture("two-inputs"), emptyFolder(), () => {});
    expect(report).toMatchObject({ verified: true, failure: null });
  });

  test("random numbers, drawn at another place", async () => {
    const report = await verifyChanged(fixture("noise"), emptyFolder(), (copy) => {
      const { graph } = copy;
      const edit = new GraphEdit(graph);
      const [node] = graph.nodes;
      const input = node?.inputs[0];
      if (!node || !input) throw new Error("noise has no node");
      const same = addValue(graph, "same");
      edit.insertBefore(node, { op: "Abs", inputs: [input], outputs: [same] });
      setInput(node, 0, same);
      edit.commit();
      setAttribute(node, "seed", { kind: "float", value: 3 });
    });
    expect(report.verified).toBe(false);
    expect(report.failure).toBeNull();
    expect(report.reason).toMatch(
      /answers otherwise each time, since it draws random numbers \(RandomNormalLike\)/,
    );
  });
});

describe("what is the same only node by node", () => {
  /** A product by weights of four bits, which the runtime fuses into one that rounds its other factor to eight bits. */
  const fourBits = () =>
    build(21, (b) => {
      const next = random(5);
      const data = Uint8Array.from({ length: (64 * 64) / 2 }, () => Math.floor(next() * 256));
      const tensor = constantTensor({ dtype: "int4", shape: [64, 64], data }, "the test");
      const weights = b.node(
        "DequantizeLinear",
        [addConstant(b.graph, "steps", tensor), b.weights([4, 64])],
        { axis: attribute.int(0), block_size: attribute.int(16) },
      );
      b.output(b.node("MatMul", [b.input("x", "float32", [1, 64]), weights]), "float32", [1, 64]);
    });

  test("is not verified, and the reason says so", async () => {
    const path = join(emptyFolder(), "four-bits.onnx");
    await writeModel(fourBits(), await openModelSink(path));
    // Turned over twice, the weights are what they were, and the runtime no longer sees what it would fuse.
    const report = await verifyChanged(path, emptyFolder(), (copy) => {
      const { graph } = copy;
      const product = graph.nodes.find(({ op }) => op === "MatMul") as Node;
      const edit = new GraphEdit(graph);
      for (const name of ["once", "twice"]) {
        const turned = addValue(graph, name);
        edit.insertBefore(product, { op: "Neg", inputs: [product.inputs[1] ?? null], outputs: [turned] });
        setInput(product, 1, turned);
      }
      edit.commit();
    });
    expect(report).toMatchObject({ verified: false, failure: null, outputs: [{ unoptimized: true }] });
    expect(report.reason).toMatch(
      /^matmul is the same only with the runtime's optimisation off; with it, as models are run, it differs by up to 0\.\d/,
    );
    const opened = await openSource(path);
    const converted = await convertModel(opened, join(emptyFolder(), "out.onnx"));
    await opened.close();
    const text = convertText({ ...converted, verify: report }, openTerminal(false));
    expect(text).toMatch(/^.* is written: .*, NOT verified\n/);
    expect(text).toContain(`verified: no, since ${report.reason}`);
  });
});

describe("what the result must do", () => {
  test("it takes what the original takes", async () => {
    const report = await verifyChanged(MNIST, emptyFolder(), ({ graph }) => {
      for (const input of graph.inputs) {
        if (input.type?.kind === "tensor" && input.name === "Input3") {
          input.type = { ...input.type, dtype: "float64" };
        }
      }
    });
    expect(report.failure?.problem).toMatch(/^the runtime runs the original, but not the result: /);
  });

  test("its outputs have the type and the shape of the original's", async () => {
    const report = await verifyChanged(fixture("zeros"), emptyFolder(), ({ graph }) => {
      const [node] = graph.nodes;
      const [output] = graph.outputs;
      if (!node || !output) throw new Error("zeros has no node");
      const edit = new GraphEdit(graph);
      const inner = addValue(graph, "inner");
      node.outputs[0] = inner;
      inner.producer = node;
      output.producer = null;
      output.type = { kind: "tensor", dtype: "int32", shape: null };
      edit.insertBefore(null, {
        op: "Cast",
        inputs: [inner],
        outputs: [output],
        attributes: { to: { kind: "int", value: 6n } },
      });
      edit.commit();
    });
    expect(report.failure?.problem).toMatch(/became int32/);
  });
});
