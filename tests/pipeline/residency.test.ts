import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
      await expect.poll(() => catalogue.status()[0]?.state).toBe("ready");
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
    while (!isMapped()) await ask(first);
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
);

test.skipIf(process.platform !== "linux")(
  "a model that fits the budget only once it is compiled is compiled before it is loaded",
  async (context) => {
    const path = await packageFile(context, ...READ_LATIN);
    const folder = modelsFolder({ "read/1/model.onnx": { copy: path } });
    const cache = emptyFolder();
    const measured = join(cache, "measured");
    const pages = () =>
      (existsSync(measured) ? readdirSync(measured) : [])
        .filter((name) => name.endsWith(".json"))
        .map((name) => {
          const page = JSON.parse(readFileSync(join(measured, name), "utf8"));
          return { name, page, isArtefact: page.known.cost.mapped > 0 };
        });
    const open = async () => {
      const catalogue = await openCatalogue(folder, { cache, memory: 2 ** 32 });
      onTestFinished(() => catalogue.close());
      await expect.poll(() => catalogue.status()[0]?.state).toMatch(/^(ready|unavailable)$/);
      return catalogue;
    };
    const first = await open();
    await expect.poll(() => pages().some(({ isArtefact }) => isArtefact)).toBe(true);
    await first.close();
    // As if it took a terabyte more while its own file is loaded.
    const original = pages().find(({ isArtefact }) => !isArtefact);
    if (original === undefined) throw new Error("the model's own file was not measured");
    original.page.known.cost.loading = 2 ** 40;
    writeFileSync(join(measured, original.name), JSON.stringify(original.page));
    rmSync(join(cache, "compiled"), { recursive: true });

    const second = await open();
    expect(second.status()[0]).toMatchObject({ state: "ready", loaded: false });
    const lease = second.lease("read");
    await lease.infer({ x: floats(new Array(3 * 48 * 64).fill(0.25), [1, 3, 48, 64]) });
    lease.release();
    expect(second.memory()).toMatchObject({ loads: 1 });
    await second.close();

    // Where it cannot be compiled either, what is wrong is told.
    rmSync(join(cache, "compiled"), { recursive: true });
    writeFileSync(join(cache, "compiled"), "a file where a folder should be");
    const third = await open();
    expect(third.status()[0]).toMatchObject({
      state: "unavailable",
      reason: expect.stringContaining("of memory, and the budget is"),
    });
  },
);
