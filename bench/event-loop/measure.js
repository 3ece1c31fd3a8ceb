import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = new URL("../../", import.meta.url).pathname;
/** Products of two matrices of 192×192, as many as it is told: a run as long as is wanted, on every thread it has. */
const MODEL = join(root, "tests/fixtures/runtime/slow.onnx");
/** Steps of the first, timed run, from which the length of the others is worked out. */
const FIRST_STEPS = 2_000;

/**
 * How late the event loop of `modelyard serve` is while a model answers one request for so long, and while nothing
 * happens: milliseconds, of a timer that is due every millisecond.
 *
 * @param {number} seconds that a run takes
 * @param {number} rounds
 * @returns {Promise<{ seconds: number, busy: Delays, idle: Delays }[]>}
 * @typedef {{ count: number, p50: number, p99: number, max: number }} Delays
 */
export async function measureEventLoop(seconds, rounds) {
  const folder = mkdtempSync(join(tmpdir(), "modelyard-loop-"));
  mkdirSync(join(folder, "slow/1"), { recursive: true });
  cpSync(MODEL, join(folder, "slow/1/model.onnx"));
  const args = ["--import", new URL("monitor.js", import.meta.url).href, join(root, "bin/modelyard.js")];
  const server = spawn(process.execPath, [...args, "serve", folder, "--port", "0", "--data", folder], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  try {
    const url = await addressOf(server);
    const ask = async (steps) => {
      const inputs = [
        { name: "x", datatype: "FP32", shape: [], data: [0.5] },
        { name: "steps", datatype: "INT64", shape: [], data: [steps] },
      ];
      const started = performance.now();
      const body = JSON.stringify({ inputs });
      const response = await fetch(`${url}/v2/models/slow/infer`, { method: "POST", body });
      if (!response.ok) throw new Error(await response.text());
      await response.arrayBuffer();
      return (performance.now() - started) / 1000;
    };
    const delays = async () => {
      server.send("read");
      const [said] = await once(server, "message");
      return said;
    };
    await untilReady(url);
    const steps = Math.round((FIRST_STEPS * seconds) / (await ask(FIRST_STEPS)));
    const measured = [];
    for (let round = 0; round < rounds; round++) {
      await delays();
      await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
      const idle = await delays();
      const took = await ask(steps);
      measured.push({ seconds: took, busy: await delays(), idle });
    }
    return measured;
  } finally {
    server.kill();
    await once(server, "close");
    rmSync(folder, { recursive: true });
  }
}

function addressOf(server) {
  return new Promise((resolve, reject) => {
    let text = "";
    const look = (chunk) => {
      text += String(chunk);
      const found = /http:\/\/[\d.]+:\d+/.exec(text);
      if (found) resolve(found[0]);
    };
    server.stdout.on("data", look);
    server.stderr.on("data", look);
    server.once("close", () => reject(new Error(`the server ended: ${text}`)));
  });
}

async function untilReady(url) {
  for (let tries = 0; tries < 600; tries++) {
    if ((await fetch(`${url}/v2/models/slow/ready`)).ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("the model did not become ready");
}
