import { existsSync, readdirSync, readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { compileOpened } from "../../src/run/pipeline/compile.ts";
import { loadOpened, openCatalogue, openSource } from "../../src/run/pipeline/index.ts";
import { emptyFolder } from "../cli/modelyard.ts";
import { packageFile } from "../models.ts";
import { READ_LATIN } from "../packages.ts";
import { bareRun } from "../runtime/bare.ts";
import { floats, seeded } from "../runtime/tensors.ts";
import { SEED } from "../seed.ts";
import { MNIST, modelsFolder } from "./models-folder.ts";

test.skipIf(process.platform !== "linux")(
  "a model is compiled while it answers, takes over without a failed request, and is loaded so the next time",
  async (context) => {
    const path = await packageFile(context, ...READ_LATIN);
    const folder = modelsFolder({ "read/1/model.onnx": { copy: path } });
    const cache = emptyFolder();
    const compiled = join(cache, "compiled");
    const open = async () => {
      const problems: unknown[] = [];
      const catalogue = await openCatalogue(folder, { cache, onProblem: (error) => problems.push(error) });
      onTestFinished(() => catalogue.close());
      await expect.poll(() => catalogue.status()[0]?.state).toBe("ready");
      return { catalogue, problems };
    };
    const next = seeded(SEED);
    const frame = () => ({
      x: floats(
        Array.from({ length: 3 * 48 * 64 }, () => next() - 0.5),
        [1, 3, 48, 64],
      ),
    });
    const ask = async (catalogue: Awaited<ReturnType<typeof openCatalogue>>) => {
      const lease = catalogue.lease("read");
      try {
        const feeds = frame();
        const answer = await lease.infer(feeds);
        const expected = await bareRun(path, feeds);
        for (const [name, { data }] of Object.entries(expected)) {
          const own = answer[name]?.data as Float32Array;
          for (const [at, value] of (data as Float32Array).entries()) expect(own[at]).toBeCloseTo(value, 5);
        }
      } finally {
        lease.release();
      }
    };

    const first = await open();
    expect(isMapped(compiled)).toBe(false);
    while (!isMapped(compiled)) await ask(first.catalogue);
    for (let i = 0; i < 5; i++) await ask(first.catalogue);
    expect(first.problems).toEqual([]);
    await first.catalogue.close();
    await expect.poll(() => isMapped(compiled)).toBe(false);

    const second = await open();
    expect(isMapped(compiled)).toBe(true);
    await ask(second.catalogue);
    await second.catalogue.close();

    // Damaged: the model itself is loaded, and the artefact made again.
    const [own] = readdirSync(compiled);
    const weights = readdirSync(join(compiled, own ?? "")).find((name) => name.endsWith(".weights"));
    truncateSync(join(compiled, own ?? "", weights ?? ""), 1000);
    const third = await open();
    await ask(third.catalogue);
    await expect.poll(() => isMapped(compiled)).toBe(true);
    await ask(third.catalogue);
    expect(third.problems).toEqual([]);
  },
);

test("without `compile` nothing is written", async (context) => {
  const path = await packageFile(context, ...READ_LATIN);
  const cache = emptyFolder();
  const folder = modelsFolder({ "read/1/model.onnx": { copy: path } });
  const catalogue = await openCatalogue(folder, { cache, compile: false });
  await expect.poll(() => catalogue.status()[0]?.state).toBe("ready");
  await catalogue.close();
  expect(existsSync(join(cache, "compiled"))).toBe(false);
});

/** Whether the weights of an artefact below a folder are mapped into this process. */
function isMapped(folder: string): boolean {
  return readFileSync("/proc/self/maps", "utf8")
    .split("\n")
    .some((line) => line.includes(folder) && line.includes(".weights"));
}

test("what was compiled for the processor is not taken to another device", async () => {
  const folder = emptyFolder();
  const compiling = await openSource(MNIST);
  await compileOpened(compiling, folder);
  await compiling.close();
  const opened = await openSource(folder);
  await expect(loadOpened(opened, { device: "webgpu" })).rejects.toMatchObject({
    code: "ARTEFACT_FOREIGN",
    message: expect.stringContaining("device"),
  });
  const loaded = await loadOpened(await openSource(folder), { device: "cpu" });
  expect(loaded.session.stats().device).toBe("cpu");
  await loaded.close();
});
