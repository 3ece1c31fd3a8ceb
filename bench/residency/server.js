// `modelyard serve` as a process, and what is to be seen of it from outside.
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const bin = join(import.meta.dirname, "../../bin/modelyard.js");
/** Of the kernel, a second: sysconf(_SC_CLK_TCK). */
const TICKS = 100;
/** Servers that run: they end with the bench, however it ends. */
const running = new Set();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Numbers of one row, the same each time. */
export function bodyOf(side) {
  const data = Array.from({ length: side }, (_, i) => Math.round(1000 * Math.sin(i)) / 1000);
  return JSON.stringify({ inputs: [{ name: "x", shape: [1, side], datatype: "FP32", data }] });
}

/** Resolves when the server listens; its models may still be on their way. */
export async function serve(folder, cache, options = []) {
  const args = [bin, "serve", folder, "--port", "0", "--no-log", "--json", "--cache", cache, ...options];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  running.add(child);
  child.once("exit", () => running.delete(child));
  const url = await new Promise((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (chunk) => {
      text += chunk;
      const [, found] = /"url":\s*"([^"]+)"/.exec(text) ?? [];
      if (found) resolve(found);
    });
    child.once("exit", (code) => reject(new Error(`serve ended with ${code}`)));
  });
  const get = async (path) => (await fetch(`${url}${path}`)).text();
  return {
    url,
    pid: child.pid,
    models: async () => JSON.parse(await get("/models")).models,
    async metric(name) {
      return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(await get("/metrics"))?.[1]);
    },
    async ask(model, body) {
      const started = performance.now();
      const response = await fetch(`${url}/v2/models/${model}/infer`, { method: "POST", body });
      const text = await response.text();
      return { status: response.status, text, ms: performance.now() - started };
    },
    async stop() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
    },
  };
}

export async function untilReady(server) {
  for (;;) {
    const states = (await server.models()).map(({ state, reason }) => [state, reason]);
    const broken = states.find(([state]) => state === "unavailable");
    if (broken) throw new Error(broken[1]);
    if (states.every(([state]) => state === "ready")) return;
    await sleep(200);
  }
}

/** Artefacts that are finished. */
export function compiled(cache) {
  const files = readdirSync(cache, { recursive: true, encoding: "utf8" });
  return files.filter((file) => file.endsWith("artefact.json")).length;
}

/** What was measured of models, by the name of the file that keeps it. */
export function measured(cache) {
  const folder = join(cache, "measured");
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return files.map((name) => ({
    name,
    ...JSON.parse(readFileSync(join(folder, name), "utf8")).known,
  }));
}

/** Processes below this one, and itself. */
export function family(pid) {
  const all = [pid];
  for (const member of all) {
    try {
      for (const thread of readdirSync(`/proc/${member}/task`)) {
        const text = readFileSync(`/proc/${member}/task/${thread}/children`, "utf8");
        for (const child of text.split(" ").filter(Boolean)) all.push(Number(child));
      }
    } catch {
      // It has just ended.
    }
  }
  return all;
}

/** Proportional set size of a server and its processes, in bytes. */
export function memoryOf(pid) {
  let kilobytes = 0;
  for (const member of family(pid)) {
    try {
      const text = readFileSync(`/proc/${member}/smaps_rollup`, "latin1");
      kilobytes += Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0);
    } catch {
      // It has just ended.
    }
  }
  return 1024 * kilobytes;
}

/** Seconds of processor time by process, of a server and those below it. */
export function processorTime(pid) {
  const times = new Map();
  for (const member of family(pid)) {
    try {
      const text = readFileSync(`/proc/${member}/stat`, "latin1");
      const [utime, stime] = text
        .slice(text.lastIndexOf(")") + 2)
        .split(" ")
        .slice(11, 13);
      times.set(member, (Number(utime) + Number(stime)) / TICKS);
    } catch {
      // It has just ended.
    }
  }
  return times;
}

export function percentile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}

/** mulberry32 */
export function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
