// Models of one operator: what is inferred with symbols for lengths is what ONNX Runtime answers once they are numbers, and
// no less than it knows before.
import { InferenceSession, Tensor as RuntimeTensor } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { ruleOf } from "../../../src/model/graph/infer/operators/table.ts";
import {
  evaluateExtent,
  type InferredTypes,
  inferTypes,
  type Model,
  operatorsOf,
  schemaVersions,
} from "../../../src/model/index.ts";
import { openBytes } from "../files.ts";
import { CONTROL_CASES } from "./cases/control.ts";
import { GENERATION_CASES } from "./cases/generation.ts";
import { MICROSOFT_CASES } from "./cases/microsoft.ts";
import { ML_CASES } from "./cases/ml.ts";
import { STANDARD_CASES } from "./cases/standard.ts";
import { dataOf, inputName, lengthOf, modelOf, type OperatorCase, outputsOf, shapeOf } from "./make.ts";

function symbolsOf({ inputs }: OperatorCase, model: Model, types: InferredTypes): Map<string, number> {
  const lengths = new Map<string, number>();
  inputs.forEach((input, i) => {
    const value = model.graph.values.get(inputName(i));
    if (!input || input.constant || !value) return;
    types.shapeOf(value)?.forEach((dim, axis) => {
      if (typeof dim !== "number") lengths.set(dim.key, lengthOf(input.dims[axis] ?? 0));
    });
  });
  return lengths;
}

async function answersOf(each: OperatorCase, session: InferenceSession) {
  const feeds: Record<string, RuntimeTensor> = {};
  each.inputs.forEach((input, i) => {
    if (!input || input.constant) return;
    feeds[inputName(i)] = new RuntimeTensor(
      input.dtype as "float32",
      dataOf(input) as Float32Array,
      shapeOf(input),
    );
  });
  return session.run(feeds);
}

async function check(each: OperatorCase): Promise<void> {
  const bytes = modelOf(each);
  const model = await openBytes(bytes);
  const types = await inferTypes(model);
  expect(types.contradictions).toEqual([]);
  const session = await InferenceSession.create(bytes, {
    graphOptimizationLevel: "disabled",
    logSeverityLevel: 4,
  }).catch((error) => {
    if (!each.lacking?.test(String(error))) throw error;
    return null;
  });
  if (session === null) return;
  for (const known of session.outputMetadata) {
    const value = model.graph.values.get(known.name);
    const type = value ? types.typeOf(value) : null;
    if (!known.isTensor || type?.kind !== "tensor") continue;
    expect(type.dtype, known.name).toBe(known.type);
    for (const [axis, dim] of known.shape.entries())
      if (typeof dim === "number" && dim >= 0 && !each.unknown)
        expect(type.shape?.[axis], `${known.name}, axis ${axis}`).toBe(dim);
  }
  if (each.refused) await expect(answersOf(each, session)).rejects.toThrow(each.refused);
  else compare(each, model, types, await answersOf(each, session));
  await session.release();
}

function compare(
  each: OperatorCase,
  model: Model,
  types: InferredTypes,
  answers: Readonly<Record<string, RuntimeTensor>>,
): void {
  const symbols = symbolsOf(each, model, types);
  let unknown = 0;
  for (const name of outputsOf(each)) {
    const value = model.graph.values.get(name);
    const answer = answers[name];
    if (!value || !answer) throw new Error(`no ${name}`);
    expect(types.typeOf(value), name).toMatchObject({ kind: "tensor", dtype: answer.type });
    const dims = types.shapeOf(value)?.map((dim) => evaluateExtent(dim, symbols));
    // A length that only a run tells stands for whatever it is.
    expect(
      dims?.map((dim, axis) => dim ?? answer.dims[axis]),
      name,
    ).toEqual([...answer.dims]);
    unknown += dims?.filter((dim) => dim === null).length ?? 0;
  }
  expect(unknown, "lengths that are not told").toBe(each.unknown ?? 0);
}

function titled(cases: readonly OperatorCase[]): [string, OperatorCase][] {
  return cases.map((each) => {
    const attributes = Object.entries(each.attributes ?? {}).map(([name, value]) => {
      const isLong = typeof value === "object" && !Array.isArray(value);
      return isLong ? name : `${name}=${JSON.stringify(value)}`;
    });
    return [`${each.op}${each.opset ? ` ${each.opset}` : ""} ${attributes.join(" ")}`, each];
  });
}

/** Operators that no model of one node shows, each with its reason. */
const UNSHOWN: Readonly<Record<string, string>> = {
  GemmaRotaryEmbedding: "a function of float16 alone, of which this build has no kernels",
  SparseToDenseMatMul: "no file gives the runtime a sparse tensor: it makes constants dense",
  WhisperBeamSearch: "its encoder and decoder are no models of one node",
};

describe("ai.onnx", () => {
  test.each(titled([...STANDARD_CASES, ...CONTROL_CASES]))("%s", (_, each) => check(each));
});

describe("ai.onnx.ml", () => {
  test.each(titled(ML_CASES))("%s", (_, each) => check(each));
});

test.each(["", "ai.onnx.ml", "ai.onnx.preview", "ai.onnx.preview.training", "com.microsoft.nchwc"])(
  'every operator of the domain "%s" has a rule',
  (domain) => {
    expect(operatorsOf(domain).length).toBeGreaterThan(0);
    expect(operatorsOf(domain).filter((op) => !ruleOf(domain, op))).toEqual([]);
  },
);

describe("com.microsoft", () => {
  const cases = [...MICROSOFT_CASES, ...GENERATION_CASES];

  test.each(titled(cases))("%s", (_, each) => check(each));

  test("every operator that the CPU provider runs", () => {
    const shown = new Set(cases.map(({ op }) => op));
    const run = operatorsOf("com.microsoft").filter((op) =>
      schemaVersions("com.microsoft", op).some(({ cpu }) => cpu),
    );
    expect(run.filter((op) => !shown.has(op) && UNSHOWN[op] === undefined)).toEqual([]);
  });
});
