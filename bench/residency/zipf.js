// Many models in a budget that fits few: requests in a Zipf pattern, then what a cold answer takes beside a warm one.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { writeProducts } from "../quantize/model.js";
import {
  bodyOf,
  compiled,
  generator,
  measured,
  memoryOf,
  percentile,
  processorTime,
  serve,
  sleep,
  untilReady,
} from "./server.js";

const SIDE = 1024;
/** Megabytes of one weight. */
const EACH = 4;
const SEED = 7;
/** Requests that are refused, so that what answers HTTP is warm before its memory is looked at. */
const WARM_UP = 300;

/** Writes the models, and lets a first server compile them; the second isolation finds the artefacts. */
export function writeModels(work, { models, megabytes }) {
  const names = Array.from({ length: models }, (_, i) => `m${String(i).padStart(2, "0")}`);
  const count = Math.max(1, Math.round(megabytes / EACH));
  for (const [seed, name] of names.entries()) {
    mkdirSync(join(work, "models", name, "1"), { recursive: true });
    writeProducts(join(work, "models", name, "1", "model.onnx"), { count, side: SIDE, seed });
  }
  return names;
}

export async function measureZipf({ work, names, fits, requests, connections, isolation, tell }) {
  const folder = join(work, "models");
  const cache = join(work, "cache");
  const args = (bytes) => ["--memory", String(bytes), "--isolation", isolation];
  const others = new Set(measured(cache).map(({ name }) => name));
  const mapped = () => measured(cache).filter(({ name, cost }) => !others.has(name) && cost.mapped > 0);
  const first = await serve(folder, cache, args(2 ** 45));
  await untilReady(first);
  // Each is measured anew when it has been compiled.
  while (compiled(cache) < names.length || mapped().length < names.length) await sleep(500);
  await first.stop();
  tell(`${names.length} models are compiled and measured in a ${isolation}`);
  const costs = mapped().map(({ cost }) => cost.own + cost.mapped);
  const budget = Math.round(fits * percentile(costs, 0.5));

  const server = await serve(folder, cache, args(budget));
  await untilReady(server);
  const body = bodyOf(SIDE);
  for (let i = 0; i < WARM_UP; i++) await server.ask("nobody", body);
  await sleep(1000);
  const base = memoryOf(server.pid);
  const weights = names.map((_, i) => 1 / (i + 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const next = generator(SEED);
  const draw = () => {
    let left = next() * total;
    for (const [i, weight] of weights.entries()) {
      left -= weight;
      if (left < 0) return names[i];
    }
    return names[0];
  };
  let failed = 0;
  let asked = 0;
  let most = 0;
  let isOver = false;
  const watch = (async () => {
    while (!isOver) {
      most = Math.max(most, memoryOf(server.pid) - base);
      await sleep(100);
    }
  })();
  const started = performance.now();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (asked < requests) {
        asked++;
        const { status, text } = await server.ask(draw(), body);
        if (status === 200) continue;
        failed++;
        console.error(status, text.slice(0, 200));
      }
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  isOver = true;
  await watch;
  tell(`${requests} requests took ${seconds.toFixed(0)} s`);
  const loads = await server.metric("modelyard_model_loads_total");
  const evictions = await server.metric("modelyard_model_evictions_total");

  // One request at a time: the model is in memory or not, and nothing else goes on.
  const [cold, warm, more] = [[], [], []];
  let processor = 0;
  await sleep(500);
  for (const { name, loaded } of await server.models()) {
    if (loaded) continue;
    // The thread or process that is kept ready has had time to start since the one before.
    if ((await server.models()).find((model) => model.name === name)?.loaded) continue;
    const before = processorTime(server.pid);
    cold.push((await server.ask(name, body)).ms);
    const again = [];
    for (let i = 0; i < 3; i++) again.push((await server.ask(name, body)).ms);
    warm.push(percentile(again, 0.5));
    more.push(cold.at(-1) - warm.at(-1));
    await sleep(500);
    for (const [pid, seconds] of processorTime(server.pid)) processor += seconds - (before.get(pid) ?? 0);
  }
  await server.stop();
  return {
    isolation,
    budget,
    base,
    most,
    requests,
    failed,
    seconds,
    loads,
    evictions,
    cold: [percentile(cold, 0.5), percentile(cold, 0.9)],
    processor: (1000 * processor) / cold.length,
    warm: [percentile(warm, 0.5), percentile(warm, 0.9)],
    more: [percentile(more, 0.5), percentile(more, 0.9)],
    colds: cold.length,
  };
}
