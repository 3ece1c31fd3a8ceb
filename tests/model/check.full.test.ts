// A model that the runtime loads has no errors by our check, over every model that there is; and each has a text.
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { openModelSource } from "../../src/base/node/index.ts";
import { checkModel, graphsOf, modelLines, openModel, printDetails } from "../../src/model/index.ts";
import { packageFile } from "../models.ts";
import { SHARED } from "../serve/catalogue.ts";
import { DEBIAN, PYPI } from "./onnx-cases.ts";
import { PACKAGES } from "./registry.ts";
import { reported } from "./runtime-signature.ts";

/** The runtime loads them, onnx.checker does not: Constant of opset 1 gives floats alone, and here int64. */
const KNOWN = /test_operator_repeat|test_PixelShuffle/;

/** The errors of a model that the runtime loads; null for one that it does not. */
async function errorsOf(path: string): Promise<string[] | null> {
  const runtime = await reported(path);
  if (!runtime) return null;
  await runtime.session.release();
  const source = await openModelSource(path);
  try {
    const model = await openModel(source);
    const lines = [...modelLines(model, await printDetails(model))];
    const nodes = [...graphsOf(model)].reduce((sum, graph) => sum + graph.nodes.length, 0);
    expect(
      lines.filter((line) => /^ +\d+ {2}/.test(line)),
      path,
    ).toHaveLength(nodes);
    const findings = await checkModel(model);
    return findings
      .filter(({ severity }) => severity === "error")
      .map(({ rule, message }) => `${path}: ${rule}: ${message}`);
  } finally {
    await source.close();
  }
}

async function sweep(paths: readonly string[]): Promise<{ checked: number; errors: string[] }> {
  let checked = 0;
  const errors: string[] = [];
  for (const path of paths) {
    const found = await errorsOf(path);
    if (!found || KNOWN.test(path)) continue;
    checked++;
    errors.push(...found);
  }
  return { checked, errors };
}

describe("models that the runtime loads have no errors", () => {
  test.for([
    [DEBIAN.title, DEBIAN, 1_000],
    [PYPI.title, PYPI, 1_300],
  ] as const)("%s", async ([, suite, least], context) => {
    if (suite.cases.length === 0) return context.skip(suite.missing);
    const { checked, errors } = await sweep(suite.cases.map(({ model }) => model));
    expect(errors).toEqual([]);
    expect(checked).toBeGreaterThan(least);
  });

  test.for(PACKAGES)("%s", async ([source], context) => {
    const folder = dirname(await packageFile(context, source));
    const { checked, errors } = await sweep(
      readdirSync(folder)
        .filter((name) => name.endsWith(".onnx"))
        .map((name) => join(folder, name)),
    );
    expect(errors).toEqual([]);
    expect(checked).toBeGreaterThan(0);
  });

  test("trees", async (context) => {
    const root = join(SHARED, "models/trees-onnx");
    if (!existsSync(root)) return context.skip(`no ${root} (set MODELYARD_SHARED)`);
    const paths = readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.name.endsWith(".onnx"))
      .map((entry) => join(entry.parentPath, entry.name));
    expect((await sweep(paths)).errors).toEqual([]);
  });
});
