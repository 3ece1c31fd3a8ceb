import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { emptyFolder, modelyard, ROOT, serve, untilReady } from "./modelyard.ts";

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
    expect(error.hint).toContain("--port");
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
