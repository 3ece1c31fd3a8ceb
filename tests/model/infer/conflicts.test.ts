// Nodes whose inputs and attributes do not go together: inference says so, and the runtime loads no such model or does not run it.
import { expect, test } from "vitest";
import { attribute, inferTypes } from "../../../src/model/graph/index.ts";
import { bytesOfModel, openSession, runSession } from "../evaluate.ts";
import { feedsOf } from "../passes/answers.ts";
import { type Builder, build } from "../passes/build.ts";

const x = (b: Builder, ...shape: number[]) => b.input("x", "float32", shape);

const CASES: readonly [says: string, fill: (b: Builder) => void][] = [
  ["9 elements into the shape [2,6]", (b) => b.output(b.node("Reshape", [x(b, 3, 3), b.ints(2, 6)]))],
  ["9 elements into the shape [-1,6]", (b) => b.output(b.node("Reshape", [x(b, 3, 3), b.ints(-1, 6)]))],
  [
    "a length of 0 at axis 2, which copies one that a tensor of rank 2 does not have",
    (b) => b.output(b.node("Reshape", [x(b, 2, 3), b.ints(0, 0, 0)])),
  ],
  [
    "axis 0 has the length 4, where it must be 1 to go",
    (b) => b.output(b.node("Squeeze", [x(b, 4, 1), b.ints(0)])),
  ],
  [
    "the axes 0, 0, of which one is there twice",
    (b) => b.output(b.node("Unsqueeze", [x(b, 4), b.ints(0, 0)])),
  ],
  [
    "perm -1, 5 of a tensor of rank 2",
    (b) => b.output(b.node("Transpose", [x(b, 2, 3)], { perm: attribute.ints([-1, 5]) })),
  ],
  [
    "2 parts for 3 outputs",
    (b) => {
      for (const part of b.nodes("Split", [x(b, 6), b.ints(3, 3)], 3)) b.output(part);
    },
  ],
  [
    "parts of 6 in all, of an axis that has 4",
    (b) => {
      for (const part of b.nodes("Split", [x(b, 4), b.ints(3, 3)], 2)) b.output(part);
    },
  ],
  [
    "a kernel_shape of 7×7 for a weight of 3×3",
    (b) =>
      b.output(
        b.node("Conv", [x(b, 1, 3, 8, 8), b.weights([4, 3, 3, 3])], { kernel_shape: attribute.ints([7, 7]) }),
      ),
  ],
  [
    "data of 2 channels for a weight that takes 3",
    (b) => b.output(b.node("Conv", [x(b, 1, 2, 8, 8), b.weights([4, 3, 3, 3])])),
  ],
  ["dimension 2 would be -2", (b) => b.output(b.node("Conv", [x(b, 1, 3, 2, 8), b.weights([4, 3, 5, 5])]))],
];

test.each(CASES)("%s", async (says, fill) => {
  const model = build(17, fill);
  const { contradictions } = await inferTypes(model);
  expect(contradictions.map(({ problem }) => problem)).toEqual([says]);
  const running = async () => runSession(await openSession(await bytesOfModel(model)), feedsOf(model, 1));
  await expect(running()).rejects.toThrow();
});
