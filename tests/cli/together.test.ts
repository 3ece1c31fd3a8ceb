// Two processes on one cache and one database, and processes that die in the middle of their work.
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { sendFile, serve as serveFiles } from "../hub/file-server.ts";
import { emptyFolder, modelyard, ROOT, serve, untilReady } from "./modelyard.ts";

const SEVEN = readFileSync(join(ROOT, "examples/models/mnist/seven.png"));
const MNIST = readFileSync(join(ROOT, "examples/models/mnist/1/mnist-8.onnx"));

test("two servers on one cache and one database serve and record without loss", async () => {
  const [data, cache] = [emptyFolder(), emptyFolder()];
  const files = await serveFiles(sendFile(MNIST, '"1"'));
  onTestFinished(() => files.close());
  const folder = emptyFolder();
  writeFileSync(join(folder, "model.yaml"), `name: fetched\nmodel: ${files.url}/mnist.onnx\n`);
  const args = ["--data", data, "--cache", cache];
  const servers = await Promise.all([serve(folder, args), serve(folder, args)]);
  const asked = 40;
  for (const { url } of servers) await untilReady(url, "fetched");
  const answers = await Promise.all(
    servers.flatMap(({ url }) =>
      Array.from({ length: asked }, async () => {
        const response = await fetch(`${url}/models/fetched`, { method: "POST", body: SEVEN });
        const [best] = (await response.json()) as { label: string }[];
        return best?.label;
      }),
    ),
  );
  expect(answers).toEqual(new Array(2 * asked).fill("7"));
  expect(await Promise.all(servers.map((server) => server.stop()))).toEqual([0, 0]);
  const { stdout } = await modelyard(["predictions", "--json", "--limit", "1000", "--data", data]);
  const rows = JSON.parse(stdout) as { status: number; model: string }[];
  expect(rows).toHaveLength(2 * asked);
  expect(new Set(rows.map(({ status, model }) => `${status} ${model}`))).toEqual(new Set(["200 fetched"]));
});

/** Every file below a folder. */
function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

test("a pull that is killed leaves nothing that looks like a model, and the next one goes on from there", async () => {
  const cache = emptyFolder();
  const model = randomBytes(3_000_000);
  let hold = true;
  const files = await serveFiles((request, response, count) => {
    // The first time half of it comes, and then nothing more.
    if (!hold) return sendFile(model, '"v1"')(request, response, count);
    response.writeHead(200, { etag: '"v1"', "content-length": String(model.length) });
    response.write(model.subarray(0, 2_000_000));
  });
  onTestFinished(() => files.close());
  const source = `${files.url}/model.onnx`;
  const child = spawn(process.execPath, ["bin/modelyard.js", "pull", source, "--cache", cache], {
    cwd: ROOT,
  });
  const size = () =>
    filesOf(cache).reduce((sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0);
  await expect.poll(size).toBeGreaterThan(1_000_000);
  const ended = new Promise((done) => child.once("close", done));
  child.kill("SIGKILL");
  await ended;
  expect(filesOf(cache).filter((path) => path.includes("/blobs/"))).toEqual([]);

  hold = false;
  const { code, stdout, stderr } = await modelyard(["pull", source, "--cache", cache, "--json"]);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  const path = JSON.stringify(JSON.parse(stdout));
  const digest = createHash("sha256").update(model).digest("hex");
  expect(path).toContain(digest);
  const blobs = filesOf(cache).filter((file) => file.includes("/blobs/"));
  expect(blobs).toHaveLength(1);
  expect(readFileSync(blobs[0] ?? "").equals(model)).toBe(true);
  expect(files.ranges.at(-1)).toMatch(/^bytes=[1-9]\d*-$/);
});
