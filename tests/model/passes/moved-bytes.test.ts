// Bytes that were dequantised and are then moved: ONNX Runtime refuses them as they are, and takes them after the pass.
import { expect, test } from "vitest";
import { attribute } from "../../../src/model/graph/index.ts";
import { movedBytes } from "../../../src/model/passes/index.ts";
import type { Tensor } from "../../../src/model/tensor/index.ts";
import { bytesOfModel, openSession, runSession } from "../evaluate.ts";
import { type Builder, build, ops } from "./build.ts";

const { ints } = attribute;

/** Quantised to a type, dequantised, moved as said, and read by what computes. */
const moved = (dtype: "int8" | "uint8", ...movers: ((b: Builder) => [string, unknown[], object?])[]) =>
  build(21, (b) => {
    const scaled = [b.constant("float32", [], [0.05]), b.constant(dtype, [], [3])];
    const x = b.node("Relu", [b.input("x", "float32", [1, 4, 6, 6])]);
    const real = b.node("DequantizeLinear", [b.node("QuantizeLinear", [x, ...scaled]), ...scaled]);
    let y = real;
    for (const mover of movers) {
      const [op, more, attributes = {}] = mover(b);
      y = b.node(op, [y, ...(more as never[])], attributes as never);
    }
    b.output(b.node("Exp", [y]));
    b.output(b.node("Neg", [real]));
  });

const MOVERS: Readonly<Record<string, (b: Builder) => [string, unknown[], object?]>> = {
  Transpose: () => ["Transpose", [], { perm: ints([0, 2, 3, 1]) }],
  Reshape: (b) => ["Reshape", [b.ints(1, -1)]],
  Squeeze: (b) => ["Squeeze", [b.ints(0)]],
  Unsqueeze: (b) => ["Unsqueeze", [b.ints(0)]],
  Slice: (b) => ["Slice", [b.ints(1), b.ints(3), b.ints(2)]],
  MaxPool: () => ["MaxPool", [], { kernel_shape: ints([2, 2]), pads: ints([1, 1, 0, 0]) }],
};

const x: Tensor = {
  dtype: "float32",
  shape: [1, 4, 6, 6],
  data: Float32Array.from({ length: 144 }, (_, i) => Math.sin(i * i) * 4),
};

async function answers(model: ReturnType<typeof moved>, level: "all" | "disabled") {
  const session = await openSession(await bytesOfModel(model), { graphOptimizationLevel: level });
  const answer = await runSession(session, { x });
  await session.release();
  return Object.values(answer).map(({ shape, data }) => [shape, [...(data as Float32Array)]]);
}

test.for([...Object.keys(MOVERS).map((name) => [name]), ["Reshape", "Unsqueeze", "Squeeze"]])(
  "%s",
  async (names) => {
    const made = () => moved("int8", ...names.map((name) => MOVERS[name] as never));
    const wanted = await answers(made(), "disabled");
    const model = made();
    expect((await movedBytes.run(model, { note: () => {} })).modified).toBe(true);
    const listed = ops(model);
    // The other reader keeps a dequantiser of its own, and the movers stand before theirs.
    expect(listed.filter((op) => op === "DequantizeLinear").length).toBe(2);
    expect(listed.indexOf(names.at(-1) as string)).toBeLessThan(listed.lastIndexOf("DequantizeLinear"));
    expect(await answers(model, "all")).toEqual(wanted);
    expect((await movedBytes.run(model, { note: () => {} })).modified).toBe(false);
  },
);

test("bytes without a sign, and what is quantised again, stay as they are", async () => {
  const unsigned = moved("uint8", MOVERS.Reshape as never);
  expect((await movedBytes.run(unsigned, { note: () => {} })).modified).toBe(false);
  const again = build(21, (b) => {
    const scaled = [b.constant("float32", [], [0.05]), b.constant("int8", [], [3])];
    const real = b.node("DequantizeLinear", [b.input("x", "int8", [1, 4, 6, 6]), ...scaled]);
    b.output(b.node("QuantizeLinear", [b.node("Reshape", [real, b.ints(1, -1)]), ...scaled]));
  });
  expect((await movedBytes.run(again, { note: () => {} })).modified).toBe(false);
});
