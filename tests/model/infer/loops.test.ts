// Loops within loops: inference ends, and says nothing of a length that a step changes.
import { expect, test } from "vitest";
import { graphsOf, inferTypes } from "../../../src/model/index.ts";
import { openBytes } from "../files.ts";
import { fixed, graphProto, modelProto, nodeProto, valueInfo } from "./make.ts";

/** A body whose state grows by one, after the loop inside has let it grow too. */
function growing(depth: number): Uint8Array {
  const inner =
    depth === 0
      ? nodeProto("Identity", ["state"], ["grown"])
      : nodeProto("Loop", ["two", "going", "state"], ["grown"], { body: { graph: growing(depth - 1) } });
  return graphProto({
    inputs: [
      valueInfo("trip", "int64", []),
      valueInfo("going", "bool", []),
      valueInfo("state", "float32", [["L", 1]]),
    ],
    nodes: [
      inner,
      nodeProto("Concat", ["grown", "one"], ["next"], { axis: 0 }),
      nodeProto("Identity", ["going"], ["on"]),
    ],
    outputs: ["on", "next"],
    constants: { one: fixed("float32")([1]), two: fixed("int64")([2], []) },
  });
}

test.each([1, 4, 45])("%d loops within a loop", async (depth) => {
  const graph = graphProto({
    nodes: [nodeProto("Loop", ["two", "yes", "one"], ["y"], { body: { graph: growing(depth) } })],
    outputs: ["y"],
    constants: {
      one: fixed("float32")([1]),
      two: fixed("int64")([2], []),
      yes: fixed("bool")([1], []),
    },
  });
  const model = await openBytes(modelProto(graph, { "": 21 }));
  const types = await inferTypes(model);
  let seen = 0;
  for (const { values } of graphsOf(model)) {
    for (const value of values.values()) {
      if (!["y", "state", "grown", "next"].includes(value.name)) continue;
      seen++;
      const [length = null] = types.shapeOf(value) ?? [];
      expect(typeof length, value.name).not.toBe("number");
    }
  }
  expect(seen).toBe(3 * (depth + 1) + 1);
});
