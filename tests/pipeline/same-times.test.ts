// Weights beside a graph are known by their place, size and time: they may be too large to be read at each start.
import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { sourceOf } from "../../src/run/pipeline/compile.ts";
import { openSource } from "../../src/run/pipeline/index.ts";
import { emptyFolder } from "../cli/modelyard.ts";
import { between, external, FLOAT, node, tensor } from "../model/hostile/proto.ts";

test("versions of one graph, with weights of one size and time, are not taken for each other", async () => {
  const folder = emptyFolder();
  const model = between([node("Add", ["x", "w"], ["y"])], {
    constants: [tensor("w", FLOAT, [2], ...external({ location: "weights.bin" }))],
  });
  const sources = [1, 2].map(async (value) => {
    const version = join(folder, String(value));
    mkdirSync(version);
    writeFileSync(join(version, "model.onnx"), model);
    writeFileSync(join(version, "weights.bin"), Buffer.from(new Float32Array([value, value]).buffer));
    // As layers of an image have them.
    for (const name of ["model.onnx", "weights.bin"]) utimesSync(join(version, name), 0, 0);
    const opened = await openSource(join(version, "model.onnx"));
    onTestFinished(opened.close);
    expect(opened.files.map(({ name }) => name)).toEqual(["model.onnx", "weights.bin"]);
    return sourceOf(opened, { path: opened.path });
  });
  const [one, two] = await Promise.all(sources);
  expect(one).not.toBe(two);
});
