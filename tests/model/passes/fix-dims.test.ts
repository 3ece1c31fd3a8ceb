import { expect, test } from "vitest";
import { attribute, type Model } from "../../../src/model/graph/index.ts";
import { fixDims, runPasses, SIMPLIFY } from "../../../src/model/passes/index.ts";
import { bytesOfModel, evaluate, openSession, runSession } from "../evaluate.ts";
import { codeOf } from "../files.ts";
import { expectSame, feedsOf } from "./answers.ts";
import { build, ops } from "./build.ts";
import { expectSound, quiet } from "./invariants.ts";

/** The rows of x and y one after the other, reshaped by what Shape tells. */
const model = () =>
  build(17, (b) => {
    const x = b.input("x", "float32", ["batch", 3, null]);
    const y = b.input("y:0", "float32", ["batch", "rows", 4]);
    const joined = b.node("Concat", [x, y], { axis: attribute.int(1) });
    joined.type = { kind: "tensor", dtype: "float32", shape: ["batch", "rows+3", 4] };
    const first = b.node("Gather", [b.node("Shape", [joined]), b.constant("int64", [1], [0])]);
    const shape = b.node("Concat", [first, b.ints(-1, 2)], { axis: attribute.int(0) });
    b.output(b.node("Reshape", [joined, shape]), "float32", ["batch", "pairs", 2]);
  });

const shapes = ({ graph }: Model) =>
  [...graph.inputs, ...graph.outputs].map(({ type }) => (type?.kind === "tensor" ? type.shape : null));

test("by name, and by place where there is none", async () => {
  const fixed = model();
  const dims = new Map([
    ["batch", 2],
    ["x:2", 4],
    ["y:0:1", 5],
  ]);
  const { modified, report } = await runPasses(fixed, [fixDims(dims), ...SIMPLIFY], quiet);
  expect(modified).toBe(true);
  expect(report.passes[0]).toMatchObject({ pass: "fix-dims", applied: 1 });
  expectSound(fixed);
  expect(shapes(fixed)).toEqual([
    [2, 3, 4],
    [2, 5, 4],
    [2, "pairs", 2],
  ]);
  expect(ops(fixed)).toEqual(["Concat", "Reshape"]);
  // What the file declared of the Concat followed from the lengths that were open.
  expect(fixed.graph.nodes[0]?.outputs[0]?.type).toEqual({ kind: "tensor", dtype: "float32", shape: null });
  const feeds = feedsOf(fixed, 1);
  const answers = await Promise.all(
    [model(), fixed].map(async (each) => runSession(await openSession(await bytesOfModel(each)), feeds)),
  );
  expectSame(answers[0] ?? {}, answers[1] ?? {}, "bits", "fixed");
});

test("what there is not, or is otherwise, is refused", async () => {
  const fix = (...dims: [string, number][]) => codeOf(runPasses(model(), [fixDims(new Map(dims))], quiet));
  const unknown = runPasses(model(), [fixDims(new Map([["time", 1]]))], quiet);
  await expect(unknown).rejects.toThrow("The model's inputs have no dimension time.");
  await expect(unknown).rejects.toMatchObject({ hint: "Dimensions without a length: batch, x:2, rows." });
  expect(await fix(["x:7", 1])).toBe("MODEL_DIM_UNKNOWN");
  expect(await fix(["constructor:0", 1])).toBe("MODEL_DIM_UNKNOWN");
  expect(await fix(["batch", 0])).toBe("MODEL_DIM_LENGTH");
  expect(await fix(["batch", 1.5])).toBe("MODEL_DIM_LENGTH");
  expect(await fix(["x:1", 4])).toBe("MODEL_DIM_FIXED");
  expect(await fix(["x:1", 3])).toBe("opened");
  expect(await fix(["batch", 1], ["x:0", 2])).toBe("MODEL_DIM_FIXED");
});

test("nothing named, nothing changed", async () => {
  expect(await runPasses(model(), [fixDims(new Map())], { ...quiet, evaluate })).toMatchObject({
    modified: false,
  });
});
