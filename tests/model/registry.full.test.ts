// Every ONNX file of the packages with real models: names, types and shapes are those that the runtime reports.
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { openModelSource } from "../../src/base/node/index.ts";
import { graphsOf } from "../../src/model/graph/index.ts";
import { type Model, openModel, signatureOf } from "../../src/model/index.ts";
import { modelyard } from "../cli/modelyard.ts";
import { packageFile } from "../models.ts";
import { SHARED } from "../serve/catalogue.ts";
import { PACKAGES } from "./registry.ts";
import { reported } from "./runtime-signature.ts";

/** Opens a file as `inspect` does, reads its weights, and holds its signature to the runtime's. */
async function compare(path: string): Promise<Model> {
  const source = await openModelSource(path);
  try {
    const model = await openModel(source);
    const runtime = await reported(path);
    if (!runtime) throw new Error(`the runtime refuses ${path}`);
    await runtime.session.release();
    expect(signatureOf(model).inputs, path).toEqual(runtime.inputs);
    const outputs = signatureOf(model).outputs.map((spec, i) =>
      // Of sequences and maps the runtime says nothing but the name.
      runtime.outputs[i]?.dtype === null ? { ...spec, dtype: null } : spec,
    );
    expect(outputs, path).toEqual(runtime.outputs);
    for (const graph of graphsOf(model))
      for (const value of graph.values.values()) await value.constant?.read();
    return model;
  } finally {
    await source.close();
  }
}

describe("packages", () => {
  test.for(PACKAGES)("%s", async ([source, count], context) => {
    const path = await packageFile(context, source);
    const folder = dirname(path);
    const files = readdirSync(folder).filter((name) => name.endsWith(".onnx"));
    expect(files).toHaveLength(count);
    for (const name of files) {
      const model = await compare(join(folder, name));
      const { code, stdout, stderr } = await modelyard(["inspect", join(folder, name), "--json"]);
      expect(stderr).toBe("");
      expect(code).toBe(0);
      const said = JSON.parse(stdout);
      const signature = JSON.parse(JSON.stringify(signatureOf(model)));
      const plain = (specs: { name: string; dtype: string; shape: unknown }[]) =>
        specs.map(({ name: of, dtype, shape }) => ({ name: of, dtype, shape }));
      expect(plain(said.inputs)).toEqual(signature.inputs);
      expect(plain(said.outputs)).toEqual(signature.outputs);
      expect(said.parameters).toBeGreaterThan(0);
    }
  });
});

test("trees of scikit-learn's, XGBoost's and LightGBM's exporters", async (context) => {
  const root = join(SHARED, "models/trees-onnx");
  if (!existsSync(root)) return context.skip(`no ${root} (set MODELYARD_SHARED)`);
  const paths = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name.endsWith(".onnx"))
    .map((entry) => join(entry.parentPath, entry.name));
  expect(paths.length).toBeGreaterThan(2);
  for (const path of paths) await compare(path);
});
