// An artefact that goes, or is damaged, while it is served: the model's own file takes its place.
import { readFileSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { ModelyardError } from "../../src/base/errors/index.ts";
import { compileModel, type Isolation, openSession } from "../../src/run/runtime/index.ts";
import { Residency } from "../../src/run/runtime/residency/residency.ts";
import { emptyFolder } from "../cli/modelyard.ts";
import { bareRun } from "./bare.ts";
import { fixture } from "./models.ts";
import { floats, seeded } from "./tensors.ts";

const SEED = 41;
const MODEL = fixture("mlp");

async function artefact() {
  const folder = emptyFolder();
  const { files } = await compileModel({ path: MODEL, source: "mlp", folder });
  const [graph = "", weights = ""] = files.map(({ name }) => join(folder, name));
  const problems: string[] = [];
  const options = {
    path: graph,
    optimize: false,
    batch: 1,
    threads: 1,
    original: { path: MODEL },
    onOriginal: ({ code }: ModelyardError) => void problems.push(code),
  };
  return { folder, graph, weights, options, problems };
}

const next = seeded(SEED);
const feeds = () => ({
  x: floats(
    Array.from({ length: 64 }, () => 2 * next() - 1),
    [1, 64],
  ),
});

test.each<Isolation>(["thread", "process"])(
  `of a model that comes and goes in a %s (seed ${SEED})`,
  async (isolation) => {
    const { folder, weights, options, problems } = await artefact();
    const residency = new Residency({ memory: 2 ** 40, folder: emptyFolder(), onProblem: () => {} });
    onTestFinished(() => residency.close());
    const session = await residency.open({
      name: "mlp",
      source: "mlp",
      made: "here",
      pinned: false,
      options: { ...options, isolation, instances: 1 },
      weights,
    });
    onTestFinished(() => session.close());
    const ask = async () => {
      const input = feeds();
      const expected = await bareRun(MODEL, input);
      const answer = await session.run(input);
      for (const [name, { data }] of Object.entries(expected))
        for (const [i, value] of Array.from(data as Float32Array).entries())
          expect(answer[name]?.data[i]).toBeCloseTo(value, 5);
      session.leave();
      await expect.poll(() => residency.stats().used).toBe(0);
    };
    await ask();
    expect(problems).toEqual([]);
    truncateSync(weights, statSync(weights).size >> 1);
    await ask();
    rmSync(weights);
    await ask();
    rmSync(folder, { recursive: true });
    await ask();
    expect(problems).toEqual(["ARTEFACT_DAMAGED", "ARTEFACT_DAMAGED", "ARTEFACT_MISSING"]);
  },
);

test("of a process that dies and starts anew, also where nothing but the runtime sees the damage", async () => {
  const { graph, options, problems } = await artefact();
  await using session = await openSession({ ...options, isolation: "process", instances: 1 });
  const { mtime } = statSync(graph);
  writeFileSync(graph, Buffer.alloc(readFileSync(graph).length, 0xff));
  utimesSync(graph, mtime, mtime);
  const [pid] = session.stats().processes;
  process.kill(pid as number, "SIGKILL");
  await expect.poll(() => session.stats()).toMatchObject({ ready: 1, restarts: 1 });
  const input = feeds();
  const [expected, answer] = [await bareRun(MODEL, input), await session.run(input)];
  for (const [name, { data }] of Object.entries(expected))
    for (const [i, value] of Array.from(data as Float32Array).entries())
      expect(answer[name]?.data[i]).toBeCloseTo(value, 5);
  expect(problems).toEqual(["RUN_LOAD_FAILED"]);
});

test("without a file of its own, the artefact's problem is told", async () => {
  const { folder, options } = await artefact();
  rmSync(folder, { recursive: true });
  const { original: _, ...alone } = options;
  await expect(openSession(alone)).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
  const gone = { ...options, original: { path: `${MODEL}.gone` } };
  await expect(openSession(gone)).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
});
