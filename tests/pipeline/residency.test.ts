import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openCatalogue } from "../../src/run/pipeline/index.ts";
import { emptyFolder } from "../cli/modelyard.ts";
import { packageFile } from "../models.ts";
import { READ_LATIN } from "../packages.ts";
import { bareRun } from "../runtime/bare.ts";
import { floats, seeded } from "../runtime/tensors.ts";
import { modelsFolder } from "./models-folder.ts";

const SEED = 61;

test.skipIf(process.platform !== "linux")(
  "under a budget, a model is measured, answers from its file, is compiled, and comes from its artefact from then on",
  async (context) => {
    const path = await packageFile(context, ...READ_LATIN);
    const folder = modelsFolder({ "read/1/model.onnx": { copy: path } });
    const cache = emptyFolder();
    const problems: unknown[] = [];
    const open = async () => {
      const onProblem = (error: unknown) => void problems.push(error);
      const catalogue = await openCatalogue(folder, { cache, memory: 2 ** 32, onProblem });
      onTestFinished(() => catalogue.close());
      await expect.poll(() => catalogue.status()[0]?.state, { timeout: 60_000 }).toBe("ready");
      expect(catalogue.status()[0]?.loaded).toBe(false);
      return catalogue;
    };
    const next = seeded(SEED);
    const ask = async (catalogue: Awaited<ReturnType<typeof open>>) => {
      const values = Array.from({ length: 3 * 48 * 64 }, () => next() - 0.5);
      const feeds = { x: floats(values, [1, 3, 48, 64]) };
      const lease = catalogue.lease("read");
      try {
        const answer = await lease.infer(feeds);
        for (const [name, { data }] of Object.entries(await bareRun(path, feeds)))
          for (const [at, value] of (data as Float32Array).entries())
            expect(answer[name]?.data[at]).toBeCloseTo(value, 5);
      } finally {
        lease.release();
      }
    };
    const isMapped = () =>
      readFileSync("/proc/self/maps", "utf8")
        .split("\n")
        .some((line) => line.includes(join(cache, "compiled")) && line.includes(".weights"));

    const first = await open();
    const end = Date.now() + 90_000;
    while (!isMapped() && Date.now() < end) await ask(first);
    expect(isMapped()).toBe(true);
    expect(first.memory()).toMatchObject({ evictions: 0, loads: 2 });
    await first.close();
    expect(isMapped()).toBe(false);

    const second = await open();
    expect(isMapped()).toBe(false);
    await ask(second);
    expect(isMapped()).toBe(true);
    expect(second.memory()).toMatchObject({ loads: 1 });
    expect(problems).toEqual([]);
  },
  180_000,
);
