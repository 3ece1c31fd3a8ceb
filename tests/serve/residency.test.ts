import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parseSize } from "../../src/cli/size.ts";
import { type FolderCatalogue, openCatalogue } from "../../src/run/pipeline/index.ts";
import { protocolCodec, startServer } from "../../src/serve/server/index.ts";
import { emptyFolder, modelyard } from "../cli/modelyard.ts";
import { MNIST, modelsFolder, SEVEN, SUM } from "../pipeline/models-folder.ts";
import { ask, memoryStore, post } from "./server.ts";

interface Served {
  readonly url: string;
  readonly catalogue: FolderCatalogue;
}

async function serveWith(folder: string, cache: string, memory: number): Promise<Served> {
  const catalogue = await openCatalogue(folder, { cache, memory, codec: protocolCodec });
  const server = await startServer({ catalogue, store: memoryStore([]), port: 0 });
  onTestFinished(async () => {
    await server.close();
    await catalogue.close();
  });
  const settled = () => catalogue.status().every(({ state }) => state === "ready" || state === "unavailable");
  await expect.poll(settled).toBe(true);
  return { url: server.url, catalogue };
}

test.skipIf(process.platform !== "linux")(
  "models of one budget are described without being loaded, answer when they are asked, and are counted",
  async () => {
    const folder = modelsFolder({
      "digits/1/model.onnx": { copy: MNIST },
      "twins/1/model.onnx": { copy: MNIST },
      "pinned/1/model.onnx": { copy: MNIST },
      "pinned/model.yaml": "serving: { pinned: true }\n",
      "sum/model.yaml":
        "states: { total: { input: total, output: total_out, start: zero, shape: [1, 1] } }\n",
      "sum/1/model.onnx": { copy: SUM },
    });
    const cache = emptyFolder();
    const first = await serveWith(folder, cache, 2 ** 40);
    const loaded = ({ catalogue }: Served) =>
      catalogue.status().flatMap(({ name, loaded }) => (loaded ? [name] : []));
    expect(loaded(first)).toEqual(["pinned"]);
    const one = first.catalogue.memory()?.used ?? 0;
    expect(one).toBeGreaterThan(1e6);

    // Room for the pinned model, and one and a half others.
    const { url, catalogue } = await serveWith(folder, cache, Math.floor(2.6 * one));
    expect(loaded({ url, catalogue })).toEqual(["pinned"]);
    for (const name of ["digits", "twins", "sum"]) {
      expect((await ask(`${url}/v2/models/${name}/ready`)).status).toBe(200);
      expect((await ask(`${url}/v2/models/${name}`)).json.inputs.length).toBeGreaterThan(0);
      expect((await ask(`${url}/models/${name}`)).status).toBe(200);
    }
    expect((await ask(`${url}/models/digits`)).json.task.id).toBe("image-classification");
    expect(catalogue.memory()).toMatchObject({ loads: 1, evictions: 0 });
    const list = (await ask(`${url}/models`)).json.models as { name: string; loaded: boolean }[];
    expect(list.map(({ name, loaded }) => [name, loaded])).toContainEqual(["digits", false]);

    const picture = readFileSync(SEVEN);
    const label = async (name: string) =>
      (await post(`${url}/models/${name}`, picture, { "content-type": "image/png" })).json[0].label;
    for (let i = 0; i < 3; i++)
      expect(await Promise.all(["digits", "twins", "pinned"].map(label))).toEqual(["7", "7", "7"]);
    expect(loaded({ url, catalogue })).toContain("pinned");
    expect(catalogue.memory()?.evictions).toBeGreaterThan(0);
    const metrics = (await ask(`${url}/metrics`)).text;
    const metric = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(metrics)?.[1]);
    const { limit, used, loads, evictions } = catalogue.memory() as NonNullable<
      ReturnType<FolderCatalogue["memory"]>
    >;
    expect(metric("modelyard_memory_budget_bytes")).toBe(limit);
    expect(metric("modelyard_memory_used_bytes")).toBe(used);
    expect(metric("modelyard_model_loads_total")).toBe(loads);
    expect(metric("modelyard_model_evictions_total")).toBe(evictions);
    expect(metric("modelyard_models_loaded")).toBe(loaded({ url, catalogue }).length);
  },
);

test.skipIf(process.platform !== "linux")(
  "a model that the budget can never hold says so, and harms no other",
  async () => {
    const folder = modelsFolder({ "digits/1/model.onnx": { copy: MNIST } });
    const { url } = await serveWith(folder, emptyFolder(), 1000);
    const ready = await ask(`${url}/v2/models/digits/ready`);
    expect(ready.status).toBe(503);
    expect(ready.json.error).toMatch(/takes \d+ MB of memory, and the budget is 1 MB/);
    expect((await ask(`${url}/v2/health/ready`)).status).toBe(200);
    expect((await ask(`${url}/models`)).json.models[0]).toMatchObject({ state: "unavailable" });
  },
);

test("amounts of memory are read with their units", async () => {
  const read = (text: string) => {
    try {
      return parseSize(text);
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  expect(["2GiB", "1500 MB", "0.5gib", "1073741824", "7kB", "3KiB", "12b", "1TB"].map(read)).toEqual([
    2 ** 31,
    1.5e9,
    2 ** 29,
    2 ** 30,
    7000,
    3072,
    12,
    1e12,
  ]);
  for (const text of ["", "GiB", "2 GiBs", "-1GB", "0", "1e9", "0x10", "1,5GB", "9999999TB", "NaN", "2G"])
    expect([text, read(text)]).toEqual([text, "SERVE_NOT_A_SIZE"]);
  const folder = emptyFolder();
  writeFileSync(join(folder, "a.txt"), "");
  const { code, stderr } = await modelyard(["serve", folder, "--memory", "much", "--no-log", "--json"]);
  expect([code, JSON.parse(stderr).error.code]).toEqual([1, "SERVE_NOT_A_SIZE"]);
});
