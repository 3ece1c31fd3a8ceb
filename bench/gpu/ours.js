// One case of Modelyard: a session on a device, in a process of its own, so that what it takes is only its own.
// `node ours.js <order as JSON>` prints a line of JSON.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openSession } from "../../dist/run/runtime/index.js";
import { deviceMemory, quantile, readExpected, readFeeds, relativeError, timeRuns } from "./data.js";

const { folder, model, dtype, device, batch, seconds } = JSON.parse(process.argv[2]);

let started = performance.now();
// Requests are never merged: a batch here is what one caller sends.
const session = await openSession({ path: join(folder, model.files[dtype]), device, batch: 0 });
const load = performance.now() - started;
const feeds = readFeeds(folder, model, batch);
started = performance.now();
const { answer } = await session.run(feeds);
const first = performance.now() - started;
const error = relativeError(answer.data, readExpected(folder, model, batch));
const times = await timeRuns(() => session.run(feeds), seconds);

// Two callers: while one's tensors cross between threads, the other's are computed.
let runs = 0;
started = performance.now();
const until = started + seconds * 1000;
async function caller() {
  do {
    await session.run(feeds);
    runs++;
  } while (performance.now() < until);
}
await Promise.all([caller(), caller()]);
const throughput = (batch * runs) / ((performance.now() - started) / 1000);

const result = {
  model: model.name,
  runner: `Modelyard ${device}, ${dtype}`,
  batch,
  load,
  first,
  p50: quantile(times, 0.5),
  p95: quantile(times, 0.95),
  runs: times.length,
  throughput,
  error,
  threads: session.stats().threads,
  deviceMemory: deviceMemory(),
  rss: peakMegabytes(),
};
process.stdout.write(`${JSON.stringify(result)}\n`);
await session.close();

/** The most memory that the process has had resident, so far. */
function peakMegabytes() {
  const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return Number(kilobytes) / 1024;
}
