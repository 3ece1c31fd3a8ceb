// Inference beside real runs: the strongest oracle there is.
import { Tensor as OrtTensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import { openModelSource } from "../../../src/base/node/index.ts";
import { inferTypes, type Model, openModel, type Tensor } from "../../../src/model/index.ts";
import { DEBIAN, type OnnxCase, PYPI, readData } from "../onnx-cases.ts";
import { type Actual, compareActual, runAll } from "./actual.ts";

const CARRIED = /^(float(16|32|64)|u?int(8|16|32|64)|bool|string)$/;

/** Of the values that come out of the runs, inference knows the shape of so many, with nothing declared but the inputs. */
const LEAST_SHARE = 0;

for (const suite of [DEBIAN, PYPI]) {
  test(`${suite.title}: every shape is the one that comes out`, async (context) => {
    if (suite.cases.length === 0) return context.skip(suite.missing);
    const declared: Actual = { values: 0, shapes: 0, elements: 0, wrong: [] };
    const symbolic: Actual = { values: 0, shapes: 0, elements: 0, wrong: [] };
    let run = 0;
    for (const one of suite.cases) if (await compareCase(one, declared, symbolic)) run++;
    for (const [title, actual] of Object.entries({
      "as declared": declared,
      "with symbols for lengths": symbolic,
    })) {
      const { values, shapes, elements, wrong } = actual;
      console.log(
        `${suite.title}, inputs ${title}: ${run} models run, ${shapes} of ${values} shapes known, ` +
          `${elements} elements; ${wrong.length} wrong`,
      );
      expect(wrong).toEqual([]);
      expect(shapes / values).toBeGreaterThan(LEAST_SHARE);
    }
    expect(run).toBeGreaterThan(suite.cases.length * 0.6);
  });
}

/** One run, and what is inferred of it with the inputs' lengths and without them. */
async function compareCase(one: OnnxCase, declared: Actual, symbolic: Actual): Promise<boolean> {
  const source = await openModelSource(one.model);
  try {
    const model = await openModel(source);
    const { inputs } = await readData(one.data[0] ?? "");
    const names = model.graph.inputs.filter((value) => !value.constant).map(({ name }) => name);
    const feeds = feedsOf(names, inputs);
    const answers = feeds && (await runAll(one.model, model, feeds));
    if (!answers) return false;
    forget(model);
    compareActual(declared, one.name, model, await inferTypes(model), feeds, answers);
    makeSymbolic(model);
    compareActual(symbolic, one.name, model, await inferTypes(model), feeds, answers);
    return true;
  } finally {
    await source.close();
  }
}

/** Takes the declared types away, but for the inputs. */
function forget({ graph }: Model): void {
  for (const value of graph.values.values()) if (value.producer) value.type = null;
}

function makeSymbolic({ graph }: Model): void {
  for (const value of graph.inputs) {
    if (value.constant || value.type?.kind !== "tensor") continue;
    value.type = {
      ...value.type,
      shape: value.type.shape?.map((_, axis) => `${value.name}_${axis}`) ?? null,
    };
  }
}

function feedsOf(
  names: readonly string[],
  tensors: readonly (Tensor | null)[],
): Record<string, OrtTensor> | null {
  if (tensors.length > names.length) return null;
  const feeds: Record<string, OrtTensor> = {};
  for (const [i, tensor] of tensors.entries()) {
    if (!tensor || !CARRIED.test(tensor.dtype)) return null;
    const { dtype, data, shape } = tensor;
    feeds[names[i] as string] = new OrtTensor(dtype as "float32", data as Float32Array, [...shape]);
  }
  return feeds;
}
