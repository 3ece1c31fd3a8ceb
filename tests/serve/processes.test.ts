import { readdirSync, readFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { openCatalogue } from "../../src/run/pipeline/index.ts";
import { protocolCodec, startServer } from "../../src/serve/server/index.ts";
import { MNIST, modelsFolder, SEVEN } from "../pipeline/models-folder.ts";
import { fixture } from "../runtime/models.ts";
import { ask, memoryStore, post } from "./server.ts";

/** Processes that hold a model of this folder. */
function holders(folder: string): number[] {
  const told = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8");
    } catch {
      // It has ended since the folder was read.
      return "";
    }
  };
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && told(name).includes(folder))
    .map(Number);
}

test.skipIf(process.platform !== "linux")(
  "a model whose process is killed says that it is not ready, answers or refuses each request, and comes back",
  async () => {
    const folder = modelsFolder({
      "digits/1/model.onnx": { copy: MNIST },
      "digits/model.yaml": "serving: { isolation: process }\n",
    });
    const catalogue = await openCatalogue(folder, { codec: protocolCodec });
    const server = await startServer({ catalogue, store: memoryStore([]), port: 0 });
    onTestFinished(async () => {
      await server.close();
      await catalogue.close();
      expect(holders(folder)).toEqual([]);
    });
    await expect.poll(() => catalogue.status()[0]?.state).toBe("ready");
    const picture = readFileSync(SEVEN);
    const task = () => post(`${server.url}/models/digits`, picture, { "content-type": "image/png" });
    const tensors = () =>
      post(`${server.url}/v2/models/digits/infer`, {
        inputs: [{ name: "Input3", shape: [1, 1, 28, 28], datatype: "FP32", data: new Array(784).fill(1) }],
      });
    expect((await task()).json[0].label).toBe("7");
    expect((await ask(`${server.url}/v2/models/digits/ready`)).status).toBe(200);

    const [before] = holders(folder);
    const under = [task(), tensors(), task(), tensors()];
    process.kill(before as number, "SIGKILL");
    for (const { status, json } of await Promise.all(under))
      if (status !== 200) expect([status, json.code]).toEqual([503, "RUN_WORKER_DIED"]);

    // It may be ready again before it is asked: then once more.
    const ready = async () => {
      for (const pid of holders(folder)) process.kill(pid, "SIGKILL");
      await expect.poll(() => catalogue.status()[0]?.state, { interval: 1 }).toBe("loading");
      const { status, json } = await ask(`${server.url}/v2/models/digits/ready`);
      return [status, json.code];
    };
    await expect.poll(ready).toEqual([503, "MODEL_NOT_READY"]);
    await expect.poll(() => catalogue.status()[0]?.state).toBe("ready");
    expect((await task()).json[0].label).toBe("7");
    expect((await tensors()).status).toBe(200);
    expect(holders(folder)).not.toContain(before);
  },
);

test("a run that a task asks for is ended too when it goes on for too long, and the next is answered", async () => {
  const folder = modelsFolder({
    "slow/1/model.onnx": { copy: fixture("slow") },
    "slow/model.yaml": "serving: { isolation: process }\n",
  });
  const catalogue = await openCatalogue(folder, { runMs: 300 });
  onTestFinished(() => catalogue.close());
  await expect.poll(() => catalogue.status()[0]?.state).toBe("ready");
  const lease = catalogue.lease("slow");
  onTestFinished(() => lease.release());
  const steps = async (count: number) => {
    const value = {
      x: { dtype: "float32", shape: [], data: [1] },
      steps: { dtype: "int64", shape: [], data: [count] },
    };
    for await (const event of lease.predict({ kind: "json", value }))
      if (event.type === "answer") return "answered";
    return "nothing";
  };
  await expect(steps(1_000_000_000)).rejects.toMatchObject({ code: "RUN_DEADLINE" });
  // Where the machine is slow, loading it anew takes as long.
  await expect.poll(() => steps(1).catch(({ code }) => code)).toBe("answered");
});

test("all models live where the catalogue is told, whatever model.yaml says", async () => {
  const folder = modelsFolder({
    "digits/1/model.onnx": { copy: MNIST },
    "digits/model.yaml": "serving: { isolation: thread }\n",
  });
  const catalogue = await openCatalogue(folder, { isolation: "process" });
  onTestFinished(() => catalogue.close());
  await expect.poll(() => catalogue.status()[0]?.state).toBe("ready");
  if (process.platform === "linux") expect(holders(folder).length).toBe(1);
});
