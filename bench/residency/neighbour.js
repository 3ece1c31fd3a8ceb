// How long one model's requests take while another is measured, loaded and compiled beside it, and while nothing happens.
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeProducts } from "../quantize/model.js";
import { bodyOf, compiled, percentile, serve, sleep, untilReady } from "./server.js";

const SIDE = 1024;

export async function measureNeighbour({ work, megabytes, rounds }) {
  const folder = join(work, "neighbours");
  const alone = join(work, "alone");
  for (const [where, name, count, seed] of [
    [folder, "a", 2, 950],
    [alone, "a", 2, 950],
    [folder, "b", megabytes / 4, 951],
  ]) {
    mkdirSync(join(where, name, "1"), { recursive: true });
    writeProducts(join(where, name, "1", "model.onnx"), { count, side: SIDE, seed });
  }
  const body = bodyOf(SIDE);
  const results = [];
  for (let round = 0; round < rounds; round++) {
    const cache = join(work, "neighbours-cache");
    rmSync(cache, { recursive: true, force: true });
    // A has its artefact already.
    const quiet = await serve(alone, cache);
    await untilReady(quiet);
    while (compiled(cache) < 1) await sleep(100);
    const busy = [];
    const server = await serve(folder, cache);
    while ((await server.models()).find(({ name }) => name === "a")?.state !== "ready") await sleep(20);
    const started = performance.now();
    while (compiled(cache) < 2) busy.push((await server.ask("a", body)).ms);
    const took = performance.now() - started;
    await server.stop();
    const calm = [];
    for (const end = performance.now() + took; performance.now() < end; )
      calm.push((await quiet.ask("a", body)).ms);
    await quiet.stop();
    results.push({
      quiet: percentile(calm, 0.99),
      busy: percentile(busy, 0.99),
      seconds: took / 1000,
      requests: busy.length,
    });
  }
  return results;
}
