// What a browser may load: the model storey and the client, without Node's modules.
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { build } from "vite";
import { describe, expect, test } from "vitest";
import { emptyFolder, ROOT } from "../cli/modelyard.ts";

const DIST = join(ROOT, "dist");

/** Every module that a built file loads, itself included; packages by name. */
function loaded(entry: string, seen = new Set<string>()): Set<string> {
  if (seen.has(entry)) return seen;
  seen.add(entry);
  const text = readFileSync(entry, "utf8");
  // Statements begin a line; the same words within a text, which code that writes code has, do not.
  for (const [, said, asked] of text.matchAll(
    /^(?:import\s*|(?:import\b|export\s*[*{])[^"';]*?\bfrom\s*)"([^"]+)"|\bimport\("([^"]+)"\)/gm,
  )) {
    const name = said ?? asked ?? "";
    if (name.startsWith(".")) loaded(join(dirname(entry), name), seen);
    else seen.add(name);
  }
  return seen;
}

describe.each([
  ["model", "model/index.js", ["yaml"]],
  ["client", "client/index.js", []],
])("modelyard/%s", (_name, entry, packages) => {
  test("loads nothing of Node", () => {
    const all = [...loaded(join(DIST, entry))].map((path) =>
      path.startsWith(DIST) ? relative(DIST, path) : path,
    );
    expect(all.length).toBeGreaterThan(1);
    expect(all.filter((path) => !path.endsWith(".js"))).toEqual(packages);
    expect(all.filter((path) => /^(run|serve|cli)\/|base\/node\//.test(path))).toEqual([]);
  });
});

test("a bundle for a browser reads a model there", async () => {
  const out = emptyFolder();
  await build({
    root: DIST,
    configFile: false,
    logLevel: "error",
    build: {
      outDir: out,
      target: "es2022",
      lib: { entry: join(DIST, "model/index.js"), formats: ["es"], fileName: "model" },
    },
  });
  const bundled = (await import(join(out, "model.js"))) as typeof import("../../src/model/index.ts");
  const bytes = readFileSync(join(ROOT, "examples/models/mnist/1/mnist-8.onnx"));
  const model = await bundled.openModel(bundled.bufferModelSource(bytes));
  expect(bundled.signatureOf(model).inputs[0]?.name).toBe("Input3");
  const contract = await bundled.inferContract(model, async () => null);
  expect(Object.values(contract.inputs)[0]?.kind).toBe("image");
});
