import { expect, test } from "vitest";
import { attribute, type Model } from "../../../src/model/graph/index.ts";
import { fixDims, runPasses, SIMPLIFY } from "../../../src/model/passes/index.ts";
import { bytesOfModel, evaluate, openSession, runSession } from "../evaluate.ts";
import { codeOf } from "../files.ts";
import { expectSame, feedsOf } from "./answers.ts";
import { type Builder, build, ops } from "./build.ts";
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
    [2, 16, 2],
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

/** Models that take some lengths only, and what is said of one that they do not take. */
const PARTICULAR: {
  readonly title: string;
  readonly fill: (b: Builder) => void;
  readonly good: Record<string, number>;
  readonly bad: Record<string, number>;
  readonly says: string;
}[] = [
  {
    title: "MatMul",
    fill: (b) => b.output(b.node("MatMul", [b.input("x", "float32", ["n", "c"]), b.weights([4, 3])])),
    good: { c: 4 },
    bad: { n: 2, c: 7 },
    says: "With n=2, c=7, node matmul (MatMul) cannot be computed: inner lengths 7 and 4. It reads x float32[2,7], w float32[4,3].",
  },
  {
    title: "Add",
    fill: (b) => b.output(b.node("Add", [b.input("x", "float32", ["n", "c"]), b.weights([1, 4])])),
    good: { c: 1 },
    bad: { c: 3 },
    says: "3 and 4 do not broadcast",
  },
  {
    title: "Reshape",
    fill: (b) => b.output(b.node("Reshape", [b.input("x", "float32", ["n", 3]), b.ints(2, 6)])),
    good: { n: 4 },
    bad: { n: 3 },
    says: "9 elements into the shape [2,6]",
  },
  {
    title: "Reshape with an open length",
    fill: (b) => b.output(b.node("Reshape", [b.input("x", "float32", ["n", 3]), b.ints(-1, 6)])),
    good: { n: 4 },
    bad: { n: 3 },
    says: "9 elements into the shape [-1,6]",
  },
  {
    title: "channels of a convolution",
    fill: (b) =>
      b.output(
        b.node("Conv", [b.input("x", "float32", [1, "c", 5, 5]), b.weights([4, 2, 3, 3])], {
          group: attribute.int(2),
        }),
      ),
    good: { c: 4 },
    bad: { c: 2 },
    says: "data of 2 channels for a weight that takes 4",
  },
  {
    title: "channels of a transposed convolution",
    fill: (b) =>
      b.output(b.node("ConvTranspose", [b.input("x", "float32", [1, "c", 5, 5]), b.weights([4, 2, 3, 3])])),
    good: { c: 4 },
    bad: { c: 2 },
    says: "data of 2 channels for a weight that takes 4",
  },
  {
    title: "a picture that is too small",
    fill: (b) => b.output(b.node("Conv", [b.input("x", "float32", [1, 3, "h", 5]), b.weights([4, 3, 5, 5])])),
    good: { h: 5 },
    bad: { h: 2 },
    says: "dimension 2 would be -2",
  },
  {
    title: "Concat",
    fill: (b) =>
      b.output(
        b.node("Concat", [b.input("x", "float32", ["n", 3]), b.input("z", "float32", ["m", 2])], {
          axis: attribute.int(1),
        }),
      ),
    good: { n: 2, m: 2 },
    bad: { n: 2, m: 3 },
    says: "lengths 2 and 3 on axis 0",
  },
];

test.each(PARTICULAR)("$title: a length that the model does not take is refused", async (each) => {
  const { fill, good, bad, says } = each;
  const session = await openSession(await bytesOfModel(build(17, fill)));
  const fixed = async (lengths: Record<string, number>) => {
    const made = build(17, fill);
    await runPasses(made, [fixDims(new Map(Object.entries(lengths)))], quiet);
    return made;
  };
  // The runtime is asked with the very lengths.
  await expect(runSession(session, feedsOf(build(17, fill), 1, bad))).rejects.toThrow();
  await expect(fixed(bad)).rejects.toMatchObject({
    code: "MODEL_DIM_CONTRADICTS",
    message: expect.stringContaining(says),
  });
  const answers = await runSession(session, feedsOf(build(17, fill), 1, good));
  const open = Object.hasOwn(bad, "n") || each.title === "Add" ? { n: 2 } : {};
  const result = await fixed({ ...open, ...good });
  const again = await runSession(await openSession(await bytesOfModel(result)), feedsOf(result, 1));
  expectSame(answers, again, "bits", "fixed");
  // All lengths are known now, so the outputs' are declared.
  expect(result.graph.outputs.map(({ type }) => (type?.kind === "tensor" ? type.shape : null))).toEqual(
    Object.values(again).map(({ shape }) => shape),
  );
});

test("what did not fit before is nobody's fault, and a declaration that is left over is mended", async () => {
  const unfit = (b: Builder) =>
    b.output(b.node("MatMul", [b.input("x", "float32", ["n", 5]), b.weights([4, 3])]));
  const fix = (fill: (b: Builder) => void) => {
    const made = build(17, fill);
    const notes: string[] = [];
    const context = { ...quiet, note: (text: string) => notes.push(text) };
    return runPasses(made, [fixDims(new Map([["n", 4]]))], context).then(() => ({ made, notes }));
  };
  expect((await fix(unfit)).notes).toEqual([]);
  const { made, notes } = await fix((b) => {
    const relu = b.node("Relu", [b.input("x", "float32", ["n", 3])]);
    relu.type = { kind: "tensor", dtype: "float32", shape: [2, 3] };
    const neg = b.node("Neg", [relu]);
    neg.type = { kind: "tensor", dtype: "float32", shape: [1, 3] };
    b.output(neg);
  });
  expect(notes).toEqual([
    "declared otherwise and mended: relu [2,3], which is [4,3], neg [1,3], which is [4,3]",
  ]);
  expect(shapes(made)).toEqual([
    [4, 3],
    [4, 3],
  ]);
  expect(made.graph.nodes[0]?.outputs[0]?.type).toMatchObject({ shape: [4, 3] });
});

test("what stands in a branch may never be run: it is told of, and simplify takes it out", async () => {
  const branching = () =>
    build(17, (b) => {
      const x = b.input("x", "float32", ["n", 3]);
      const branch = (width: number) =>
        b.subgraph("branch", (inner) => inner.output(inner.node("Reshape", [x, b.ints(-1, width)])));
      const isWide = b.constant("bool", [], [0]);
      b.output(b.node("If", [isWide], { then_branch: branch(9), else_branch: branch(3) }));
    });
  const notes: string[] = [];
  const context = { ...quiet, evaluate, note: (text: string) => notes.push(text) };
  const lengths = fixDims(new Map([["n", 2]]));
  const made = branching();
  await runPasses(made, [lengths], context);
  expect(notes).toEqual([
    "with n=2, node reshape (Reshape) of a branch, body or function cannot be computed: 6 elements into the shape [-1,9]; runtimes may refuse the model unless --simplify takes it out",
  ]);
  await expect(openSession(await bytesOfModel(made))).rejects.toThrow("incompatible shapes");
  const simpler = branching();
  await runPasses(simpler, [fixDims(new Map([["n", 2]]), { simplified: true }), ...SIMPLIFY], context);
  expect(notes[1]).toMatch(/where simplifying did not take it out$/);
  const answer = await runSession(await openSession(await bytesOfModel(simpler)), feedsOf(simpler, 1));
  expect(Object.values(answer)[0]?.shape).toEqual([2, 3]);
});
