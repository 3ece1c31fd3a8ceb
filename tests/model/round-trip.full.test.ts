// Every model of the ONNX project's test cases, written by us: the graph that is read again is equal, and the runtime's verdict
// on it is that on the original file; also when all values have other names, when nodes and initializers stand in another
// order, and when the weights lie in a file beside the model and are brought back.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openModelSink, openModelSource } from "../../src/base/node/index.ts";
import {
  bufferModelSink,
  type Model,
  modelDifferences,
  openModel,
  writeModel,
} from "../../src/model/index.ts";
import { emptyFolder } from "../cli/modelyard.ts";
import { SEED } from "../seed.ts";
import { random } from "../serve/random.ts";
import { FIXTURES } from "./files.ts";
import { judge, type Status } from "./onnx-answers.ts";
import { DEBIAN, type OnnxCase, PYPI, PYPI_PYTHON } from "./onnx-cases.ts";
import { permuteAll, renameAll } from "./variants.ts";

/**
 * What the runtime passes of the original files (reference/formats.md, §3, for Debian's). A machine with other vector units may
 * round another way, once or twice.
 */
const PASSED: Record<string, Record<string, number>> = {
  [DEBIAN.title]: { node: 859, "pytorch-converted": 59, "pytorch-operator": 24, simple: 17 },
  [PYPI.title]: { node: 1435, "pytorch-converted": 59, "pytorch-operator": 24, simple: 17, light: 9 },
};
const ROUNDING = 3;
/**
 * From two bytes on a tensor moves out here, which is nearly every one. Some the runtime wants inside, since it reads them
 * while it opens the model: the condition of an If, which is one byte, and shapes and axes; where it says so, what is smaller
 * than those are at most stays inside.
 */
const EXTERNAL_FROM = 2;
const SHAPES = 128;
const WANTED_INSIDE = /Cannot parse data from external tensors/;

async function read<T>(path: string, use: (model: Model) => Promise<T>): Promise<T> {
  const source = await openModelSource(path);
  try {
    return await use(await openModel(source));
  } finally {
    await source.close();
  }
}

async function bytesOf(model: Model): Promise<Uint8Array> {
  const sink = bufferModelSink();
  await writeModel(model, sink);
  return sink.files.get("model.onnx") as Uint8Array;
}

describe.each([DEBIAN, PYPI])("$title", ({ title, cases, missing }) => {
  test("every model is read, written and read again to an equal graph", async (context) => {
    if (cases.length === 0) return context.skip(missing);
    const different: unknown[] = [];
    for (const one of cases) {
      await read(one.model, async (model) => {
        const sink = bufferModelSink();
        await writeModel(model, sink);
        const found = await modelDifferences(model, await openModel(sink.source()), { strictOrder: true });
        if (found.length > 0) different.push([one.name, found]);
      });
    }
    expect(different).toEqual([]);
    console.log(`${title}: ${cases.length} models are equal after they were written and read again`);
  });

  test("protobuf's own parser finds every field of every model again, and onnx.checker no new fault", async (context) => {
    if (cases.length === 0) return context.skip(missing);
    if (!PYPI_PYTHON) return context.skip(PYPI.missing);
    const folder = emptyFolder();
    const fixtures = readdirSync(FIXTURES).filter((name) => name.endsWith(".onnx"));
    const models = [...cases.map(({ model }) => model), ...fixtures.map((name) => join(FIXTURES, name))];
    const pairs: string[] = [];
    for (const [i, model] of models.entries()) {
      const path = join(folder, `${i}.onnx`);
      await read(model, async (each) => writeModel(each, await openModelSink(path)));
      pairs.push(JSON.stringify([model, path]));
    }
    const script = join(import.meta.dirname, "../fixtures/onnx-pypi/compare.py");
    const { stdout, stderr, status } = spawnSync(PYPI_PYTHON, [script], {
      input: `${pairs.join("\n")}\n`,
      encoding: "utf8",
    });
    expect({ stdout, stderr, status }).toEqual({ stdout: "", stderr: "", status: 0 });
  });

  test("what the runtime passes of the files, it passes of ours, and of every variant", async (context) => {
    if (cases.length === 0) return context.skip(missing);
    const seed = SEED;
    const next = random(seed);
    const folder = emptyFolder();
    const path = join(folder, "model.onnx");
    /** Every way to write a model: the path or the bytes of what the runtime shall open. */
    const variants: Record<string, (model: Model) => Promise<string | Uint8Array>> = {
      written: bytesOf,
      renamed: (model) => {
        renameAll(model);
        return bytesOf(model);
      },
      permuted: (model) => {
        permuteAll(model, next);
        return bytesOf(model);
      },
      outside: (model) => outside(model, EXTERNAL_FROM),
      "and back": () => read(path, bytesOf),
    };
    let moved = 0;
    const outside = async (model: Model, externalFrom: number) => {
      const report = await writeModel(model, await openModelSink(path), { external: "always", externalFrom });
      moved += report.external;
      return path;
    };
    const passed: Record<string, number> = {};
    const wrong: unknown[] = [];
    for (const one of cases) {
      const { status } = await judge(one);
      if (status === "passed") passed[one.set] = (passed[one.set] ?? 0) + 1;
      for (const [name, write] of Object.entries(variants)) {
        let verdict = await judge(one, await read(one.model, write));
        if (name === "outside" && WANTED_INSIDE.test(verdict.detail))
          verdict = await judge(one, await read(one.model, (model) => outside(model, SHAPES)));
        if (!agree(status, verdict.status, one)) wrong.push([one.name, name, status, verdict]);
      }
    }
    expect(wrong, `seed ${seed}`).toEqual([]);
    for (const [set, count] of Object.entries(PASSED[title] ?? {}))
      expect(passed[set] ?? 0, set).toBeGreaterThanOrEqual(count - ROUNDING);
    expect(moved).toBeGreaterThan(cases.length / 10);
    console.log(
      `${title}: of ${cases.length} cases the runtime passes ${JSON.stringify(passed)}, and the same of ${Object.keys(variants).join(", ")}; ${moved} tensors were outside`,
    );
  });
});

/** Random numbers may be right by chance; everything else must stay what it is. */
function agree(before: Status, after: Status, { name }: OnnxCase): boolean {
  return before === after || (before !== "passed" && /bernoulli|dropout|random|multinomial/.test(name));
}
