// Kills the process that holds a model, again and again, while requests come.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeProducts } from "../quantize/model.js";
import { bodyOf, compiled, family, serve, sleep, untilReady } from "./server.js";

const SIDE = 1024;
const CONNECTIONS = 4;
/** A request that takes longer is counted as hanging. */
const HANGS_MS = 10_000;

/** Whether a process holds a model: one that is kept ready has another title. */
function holds(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1").startsWith("modelyard ");
  } catch {
    // It has just ended.
    return false;
  }
}

export async function measureKills({ work, kills, megabytes }) {
  const folder = join(work, "killed");
  mkdirSync(join(folder, "m", "1"), { recursive: true });
  writeProducts(join(folder, "m", "1", "model.onnx"), { count: megabytes / 4, side: SIDE, seed: 900 });
  const cache = join(work, "killed-cache");
  const first = await serve(folder, cache);
  await untilReady(first);
  while (compiled(cache) < 1) await sleep(200);
  await first.stop();
  const server = await serve(folder, cache, ["--isolation", "process"]);
  await untilReady(server);
  const body = bodyOf(SIDE);
  const codes = {};
  let hung = 0;
  let isOver = false;
  const clients = Array.from({ length: CONNECTIONS }, async () => {
    while (!isOver) {
      const { status, text, ms } = await server.ask("m", body);
      const code = status === 200 ? "answered" : (JSON.parse(text).code ?? `status ${status}`);
      codes[code] = (codes[code] ?? 0) + 1;
      if (ms > HANGS_MS) hung++;
    }
  });
  const recoveries = [];
  for (let kill = 0; kill < kills; kill++) {
    await sleep(100);
    for (const pid of family(server.pid)) if (holds(pid)) process.kill(pid, "SIGKILL");
    const started = performance.now();
    // What is asked after the kill, until one is answered.
    while ((await server.ask("m", body)).status !== 200) await sleep(5);
    recoveries.push(performance.now() - started);
  }
  isOver = true;
  await Promise.all(clients);
  await server.stop();
  return { kills, codes, hung, recoveries };
}
