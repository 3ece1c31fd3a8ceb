import { execFileSync, spawn } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { starModel } from "../../bench/inspect/models.js";
import { MNIST, modelsFolder } from "../pipeline/models-folder.ts";
import { BIN, emptyFolder, modelyard, ROOT, serve, untilReady } from "./modelyard.ts";

const SEVEN = readFileSync(join(ROOT, "examples/models/mnist/seven.png"));

test("serve answers a picture in words, records it, and ends cleanly on SIGTERM", async () => {
  const data = emptyFolder();
  const server = await serve("examples/models/mnist", ["--data", data]);
  await untilReady(server.url, "mnist");
  const response = await fetch(`${server.url}/models/mnist`, { method: "POST", body: SEVEN });
  expect(response.status).toBe(200);
  const [best] = (await response.json()) as { label: string }[];
  expect(best?.label).toBe("7");
  expect(await server.stop()).toBe(0);

  const { stdout } = await modelyard(["predictions", "--json", "--data", data]);
  const rows = JSON.parse(stdout) as { model: string; status: number; answer: string }[];
  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatchObject({ model: "mnist", status: 200 });
  expect(rows[0]?.answer).toContain('"7"');
});

test("who is asked to end while starting does so when it has started, and not by the signal: a container's first process would not", async () => {
  const data = emptyFolder();
  // Without a model: nothing that is being loaded has to be waited for.
  const args = [BIN, "serve", emptyFolder(), "--port", "0", "--data", data];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: "ignore" });
  const ended = new Promise((done) => child.once("close", (code, signal) => done(code ?? signal)));
  // The first trace that it leaves; its port is opened a good deal later.
  await expect.poll(() => readdirSync(data), { interval: 5 }).not.toEqual([]);
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
});

test("a model that is still loading does not keep the process: it ends by the signal, its answers given and recorded", async () => {
  const data = emptyFolder();
  const folder = modelsFolder({ "digits/1/model.onnx": { copy: MNIST }, "star/1/model.onnx": "" });
  writeFileSync(join(folder, "star/1/model.onnx"), starModel(24_900));
  const server = await serve(folder, ["--data", data]);
  await untilReady(server.url, "digits");
  const states = async () => {
    const listed = await (await fetch(`${server.url}/models`)).json();
    return (listed as { models: { state: string; reason: string }[] }).models.map(
      ({ state, reason }) => `${state} ${reason}`,
    );
  };
  // Before, the file is being read, which is given up at once and leaves nothing that the process would wait for.
  await expect.poll(states).toEqual(["ready ", "loading its file is read, and the runtime loads it"]);
  const answer = fetch(`${server.url}/models/digits`, { method: "POST", body: SEVEN });
  expect((await answer).status).toBe(200);
  // The runtime would load for another ten seconds and more, and nobody waits for it. Where the thread that reads the model has not
  // handed it over yet, that one is ended, and nothing else is under way.
  const ended = await server.stop();
  if (ended === 0) expect(server.output()).not.toMatch(/star: (?:ready|unavailable)/);
  else expect([ended, server.output()]).toEqual(["SIGTERM", expect.stringContaining("is still at work")]);
  const { stdout } = await modelyard(["predictions", "--json", "--data", data]);
  expect(JSON.parse(stdout)).toMatchObject([{ model: "digits", status: 200 }]);
});

test("the line to try is one that works, of a model that can answer, whatever its name", async () => {
  const folder = modelsFolder({
    "a broken one/1/model.onnx": "this is no model",
    "before it/model.yaml": "example: missing.png\n",
    "before it/1/model.onnx": { copy: MNIST },
    "it's ready; really/model.yaml": "example: seven.png\n",
    "it's ready; really/seven.png": { copy: join(ROOT, "examples/models/mnist/seven.png") },
    "it's ready; really/1/model.onnx": { copy: MNIST },
  });
  const server = await serve(folder, ["--no-log"]);
  const line = () => /as it stands:\n {2}(curl .*)\n/.exec(server.output())?.[1];
  await expect.poll(line).toBeDefined();
  const answer = execFileSync("sh", ["-c", line() ?? ""], { encoding: "utf8" });
  expect(JSON.parse(answer)[0].label).toBe("7");
  await expect.poll(server.output).toMatch(/a broken one: unavailable/);
});

test("a busy port says so and suggests another", async () => {
  const other = createServer();
  await new Promise<void>((done) => other.listen(0, "127.0.0.1", done));
  const { port } = other.address() as { port: number };
  try {
    const { code, stderr } = await modelyard([
      "serve",
      "examples/models/mnist",
      "--port",
      String(port),
      "--json",
      "--no-log",
    ]);
    expect(code).toBe(1);
    const { error } = JSON.parse(stderr);
    expect(error.code).toBe("SERVE_PORT_BUSY");
    expect(error.hint).toContain(`\`--port ${port + 1}\``);
    const args = ["serve", "examples/models/mnist", "--port", String(port), "--json", "--no-log"];
    const npm = await modelyard(args, { npm_lifecycle_event: "start" });
    expect(JSON.parse(npm.stderr).error.hint).toContain(`\`npm start -- --port ${port + 1}\``);
    // A person is told that alone: no model was touched.
    const told = await modelyard(["serve", "examples/models/mnist", "--port", String(port), "--no-log"]);
    expect(told.code).toBe(1);
    expect(told.stdout).toBe("");
    expect(told.stderr).toMatch(/^modelyard: Something else already listens on/);
  } finally {
    other.close();
  }
});

test("without a network the models on this machine are served all the same", async () => {
  const cache = emptyFolder();
  // A registry on a port where nobody listens: every fetch fails at once.
  const env = { npm_config_registry: "http://127.0.0.1:9/", npm_config_fetch_retries: "0" };
  const server = await serve("examples/models", ["--no-log", "--cache", cache], env);
  await untilReady(server.url, "mnist");
  const response = await fetch(`${server.url}/models/mnist`, { method: "POST", body: SEVEN });
  expect(response.status).toBe(200);
  const refused = await fetch(`${server.url}/models/read-text`, { method: "POST", body: SEVEN });
  expect(refused.status).toBe(503);
});
