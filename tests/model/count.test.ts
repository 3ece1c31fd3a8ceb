// How large a model is once its functions are written out, against onnx's own inliner and the runtime.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { message } from "../../bench/inspect/models.js";
import { openModelSource } from "../../src/base/node/index.ts";
import { bufferModelSource, expandedSize, openModel } from "../../src/model/index.ts";
import { ROOT } from "../cli/modelyard.ts";

const FIXTURES = join(ROOT, "tests/fixtures/model");

/** A node of the domain "own", or of ONNX. */
const node = (op: string, input: string, output: string, own = true) =>
  message([[1, input], [2, output], [4, op], ...(own ? ([[7, "own"]] as const) : [])]);

/** `depth` functions, each of which calls the next one twice; the last is one Relu. */
function doubling(depth: number, last: (name: string) => Uint8Array): Uint8Array {
  const functions = Array.from({ length: depth }, (_, i) => {
    const name = `f${i + 1}`;
    const nodes = i + 1 === depth ? [last(name)] : [node(name, "x", "m"), node(name, "m", "y")];
    return [
      25,
      message([[1, `f${i}`], [4, "x"], [5, "y"], ...nodes.map((each) => [7, each] as const), [10, "own"]]),
    ] as const;
  });
  const graph = message([
    [2, "g"],
    [1, node("f0", "x", "y")],
  ]);
  return message([
    [1, 9],
    [8, message([[2, 17]])],
    [
      8,
      message([
        [1, "own"],
        [2, 1],
      ]),
    ],
    [7, graph],
    ...functions,
  ]);
}

async function sizeOf(bytes: Uint8Array) {
  return expandedSize(await openModel(bufferModelSource(bytes, { name: "m.onnx" })));
}

describe("the size of a model with its functions written out", () => {
  test("is what onnx's inliner makes of it", async () => {
    const file = await openModelSource(join(FIXTURES, "functions.onnx"));
    const model = await openModel(file);
    const expected = JSON.parse(readFileSync(join(FIXTURES, "functions.json"), "utf8"));
    expect(model.graph.nodes.length).toBeLessThan(expected.nodes);
    expect(expandedSize(model)).toEqual(expected);
    await file.close();
  });

  test("is counted, not made, where it doubles with every function", async () => {
    const relu = () => node("Relu", "x", "y", false);
    expect(await sizeOf(doubling(11, relu))).toEqual({ nodes: 2 ** 10, constants: 0 });
    expect((await sizeOf(doubling(2_000, relu))).nodes).toBe(Number.POSITIVE_INFINITY);
  });

  test("is finite where functions call each other in a circle, which the runtime will refuse", async () => {
    expect((await sizeOf(doubling(4, () => node("f0", "x", "y")))).nodes).toBe(8);
  });
});
