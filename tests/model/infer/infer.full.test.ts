// Shape inference beside ONNX Runtime's own, on every model of the ONNX project and on the real ones: it never contradicts,
// and hardly knows less than the runtime.
//
//   MODELYARD_INFER_REPORT=1   prints what is missing, by operator
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { inferTypes } from "../../../src/model/index.ts";
import { openBytes } from "../files.ts";
import { DEBIAN, PYPI } from "../onnx-cases.ts";
import { compareGraph, emptyTally, report, type Tally } from "./compare.ts";
import { withoutTypes, withSymbols } from "./onnx-edit.ts";
import { filesOfPackage, NO_SHARED, PACKAGES, sharedFiles } from "./real.ts";
import { rewritten, runtimeOutputTypes, runtimeTypes } from "./runtime-types.ts";

const DETAILS = process.env.MODELYARD_INFER_REPORT === "1";
const LEAST_SHARE = 0.95;

type Form = (model: Uint8Array, folder: string) => Uint8Array | null | Promise<Uint8Array | null>;

const AS_THEY_ARE: Form = (model) => model;

/** The forms in which each model is asked about. */
const FORMS: readonly (readonly [name: string, form: Form])[] = [
  ["as they are", AS_THEY_ARE],
  ["without declared types", withoutTypes],
  ["without declared types, every input length a symbol", (model) => withSymbols(withoutTypes(model))],
  [
    "as the runtime rewrites them, every input length a symbol",
    async (model, folder) => {
      const other = await rewritten(model, folder);
      return other && withSymbols(withoutTypes(other));
    },
  ],
];

/** @returns whether the runtime takes the model */
async function compare(tally: Tally, where: string, model: Uint8Array, folder: string): Promise<boolean> {
  const runtime = (await runtimeTypes(model, folder)) ?? (await runtimeOutputTypes(model, folder));
  if (!runtime) return false;
  const ours = await openBytes(model);
  const types = await inferTypes(ours);
  compareGraph(tally, where, ours.graph, types, runtime);
  for (const { node, problem } of types.contradictions) {
    // Branches that never run may be impossible; what the runtime takes otherwise is not.
    if (node?.graph === ours.graph) tally.contradictions.push(`${where} ${node.op}: ${problem}`);
  }
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
      const model = await form(readFileSync(one.model), dirname(one.model));
      if (model && (await compare(tally, one.name, model, dirname(one.model)))) compared++;
    }
    hold(`${title}, ${name}, ${compared} of ${cases.length} models`, tally);
    expect(compared).toBeGreaterThan(least);
  });
});

describe("real models", () => {
  test.for(PACKAGES)("%s", async (source, context) => {
    await compareFiles(source, await filesOfPackage(context, source));
  });

  test("models of shared/", async (context) => {
    const paths = sharedFiles();
    if (!paths) return context.skip(NO_SHARED);
    await compareFiles("models of shared/", paths);
  });
});

async function compareFiles(title: string, paths: readonly string[]): Promise<void> {
  expect(paths.length).toBeGreaterThan(0);
  const tally = emptyTally();
  for (const path of paths) {
    const model = readFileSync(path);
    for (const [name, form] of FORMS) {
      const other = await form(model, dirname(path));
      const taken = other !== null && (await compare(tally, `${path} ${name}`, other, dirname(path)));
      // The runtime may refuse a form in which a length that it needs is not told.
      if (form === AS_THEY_ARE) expect(taken, path).toBe(true);
    }
  }
  hold(`${title}, ${paths.length} models`, tally);
}
