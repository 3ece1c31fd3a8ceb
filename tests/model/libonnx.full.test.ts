// The ONNX project's own operator models (Debian: libonnx-testdata): read as the runtime reads them, and their tensors
// are those on which the runtime gives the expected outputs.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Tensor as OrtTensor } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { openModelSource } from "../../src/base/node/index.ts";
import { fromHalf, openModel, readTensorProto, signatureOf, type Tensor } from "../../src/model/index.ts";
import { reported } from "./runtime-signature.ts";

const ROOT = "/usr/share/libonnx-testdata/data";
const MISSING = "needs Debian's libonnx-testdata";
/** Of 1,072; the others use operators or types that this build of the runtime does not have. */
const LEAST_LOADED = 1_000;
const LEAST_RUN = 850;

const folders = existsSync(ROOT)
  ? readdirSync(ROOT, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.name === "model.onnx")
      .map((entry) => entry.parentPath)
  : [];

describe("libonnx-testdata", () => {
  test("names, types and shapes are the runtime's", async (context) => {
    if (folders.length === 0) return context.skip(MISSING);
    let compared = 0;
    for (const folder of folders) {
      const path = join(folder, "model.onnx");
      const source = await openModelSource(path);
      const signature = signatureOf(await openModel(source));
      await source.close();
      const runtime = await reported(path);
      if (!runtime) continue;
      await runtime.session.release();
      for (const side of ["inputs", "outputs"] as const) {
        // Of sequences and optionals the runtime says nothing but the name.
        const ours = signature[side].map((spec, i) =>
          runtime[side][i]?.dtype === null ? { name: spec.name, dtype: null, shape: spec.shape } : spec,
        );
        expect(ours, path).toEqual(runtime[side]);
      }
      compared++;
    }
    expect(folders.length).toBeGreaterThan(LEAST_LOADED);
    expect(compared).toBeGreaterThan(LEAST_LOADED);
  });

  test("the tensors of the test data, read by us, give the runtime the outputs that are expected", async (context) => {
    if (folders.length === 0) return context.skip(MISSING);
    let run = 0;
    const wrong: string[] = [];
    for (const folder of folders) {
      const runtime = await reported(join(folder, "model.onnx"));
      if (!runtime) continue;
      const { session } = runtime;
      try {
        const inputs = await tensorsOf(folder, "input");
        const expected = await tensorsOf(folder, "output");
        const feeds = pair(session.inputNames, inputs);
        const wanted = pair(session.outputNames, expected);
        if (!feeds || !wanted) continue;
        const answer = await session
          .run(Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, toOrt(tensor)])))
          .catch(() => null);
        if (!answer) continue;
        run++;
        if (!Object.entries(wanted).every(([name, tensor]) => agree(tensor, answer[name] as OrtTensor)))
          wrong.push(folder.slice(ROOT.length));
      } finally {
        await session.release();
      }
    }
    expect(run).toBeGreaterThan(LEAST_RUN);
    // The runtime itself differs where random numbers are drawn, and in a few kernels' rounding.
    expect(
      wrong.filter((name) => !/bernoulli|dropout|random|multinomial|training/.test(name)).length / run,
    ).toBeLessThan(0.02);
  });
});

type Plain = Tensor | null;

/** The tensors of test_data_set_0; null for one that is a sequence or an optional, which is no TensorProto. */
async function tensorsOf(folder: string, side: "input" | "output"): Promise<Plain[]> {
  const tensors: Plain[] = [];
  for (let i = 0; ; i++) {
    const path = join(folder, "test_data_set_0", `${side}_${i}.pb`);
    if (!existsSync(path)) return tensors;
    tensors.push(await readTensorProto(readFileSync(path), path).catch(() => null));
  }
}

function pair(names: readonly string[], tensors: readonly Plain[]): Record<string, Tensor> | null {
  if (
    tensors.length === 0 ||
    tensors.length > names.length ||
    tensors.some((tensor) => !tensor || !carries(tensor))
  )
    return null;
  return Object.fromEntries(tensors.map((tensor, i) => [names[i] as string, tensor as Tensor]));
}

const CARRIED = /^(float(16|32|64)|u?int(8|16|32|64)|bool|string)$/;
const carries = ({ dtype }: Tensor) => CARRIED.test(dtype);

function toOrt({ dtype, data, shape }: Tensor): OrtTensor {
  return new OrtTensor(dtype as "float32", data as Float32Array, [...shape]);
}

/** The ONNX project's own tolerances (onnx.backend.test: rtol 1e-3, atol 1e-7), a little wider for half floats. */
function agree({ dtype, data, shape }: Tensor, other: OrtTensor): boolean {
  if (JSON.stringify(shape) !== JSON.stringify(other.dims)) return false;
  const number = (value: unknown) => (dtype === "float16" ? fromHalf(Number(value)) : Number(value));
  return Array.from(data as ArrayLike<unknown>).every((value, i) => {
    const answer = (other.data as ArrayLike<unknown>)[i];
    if (typeof value === "string" || typeof value === "bigint") return value === answer;
    const [a, b] = [number(value), number(answer)];
    if (Object.is(a, b) || a === b) return true;
    return Math.abs(a - b) <= (dtype === "float16" ? 1e-2 : 1e-5) + 2e-3 * Math.abs(a);
  });
}
