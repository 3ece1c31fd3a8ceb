import { Counter, Histogram, Registry } from "prom-client";
import { expect, test } from "vitest";
import type { Running } from "../../src/run/pipeline/catalogue.ts";
import { PredictionCounts } from "../../src/serve/server/metrics/predictions.ts";
import { registerRunning } from "../../src/serve/server/metrics/running.ts";
import { random } from "./random.ts";

test("predictions are counted as the library's own counter and histogram count them", async () => {
  const seed = Number(process.env.MODELYARD_SEED ?? 1);
  const next = random(seed);
  const ours = new Registry();
  const theirs = new Registry();
  const registers = [theirs];
  const counts = new PredictionCounts();
  counts.register(ours);
  const total = new Counter({
    name: "modelyard_predictions_total",
    help: "Predictions answered, by model, version and HTTP status",
    labelNames: ["model", "version", "status"],
    registers,
  });
  const duration = new Histogram({
    name: "modelyard_prediction_duration_seconds",
    help: "Time from the arrival of the whole request to its answer",
    labelNames: ["model", "version"],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers,
  });
  const ids = ["a", 'q"uote\\', "new\nline"].flatMap((name) =>
    // Two objects of one identity, as when a model is loaded again.
    ["1", "2", "1"].map((version) => ({ name, version, digest: "d" })),
  );
  for (let n = 0; n < 5000; n++) {
    const id = ids[Math.floor(next() * ids.length)] as (typeof ids)[number];
    const status = [200, 400, 503][Math.floor(next() * 3)] as number;
    // Bounds of buckets, zero, and everything from a microsecond to three minutes.
    const ms = n % 10 === 0 ? ([0, 0.5, 1, 250, 60_000][(n / 10) % 5] as number) : 10 ** (next() * 8.3 - 3);
    counts.add(id, status, ms);
    const labels = { model: id.name, version: id.version };
    total.inc({ ...labels, status: String(status) });
    duration.observe(labels, ms / 1000);
  }
  const lines = async (registry: Registry) => (await registry.metrics()).split("\n").sort();
  expect(await lines(ours), `seed ${seed}`).toEqual(await lines(theirs));
});

test("how each model is run, at the moment of the question", async () => {
  const registry = new Registry();
  const stats = {
    ready: 3,
    instances: 3,
    narrow: 2,
    narrowRefused: null,
    waiting: 1,
    running: 4,
    answered: 9,
    failed: 0,
    runs: 7,
    merged: [],
    restarts: 0,
    threads: 2,
    processes: [],
    device: "cpu",
    placement: null,
  };
  const running: Running[] = [
    { id: { name: "a", version: "1", digest: "d" }, stats, steps: [] },
    {
      id: { name: "b", version: "2", digest: "e" },
      stats: { ...stats, narrow: 0, narrowRefused: "no memory" },
      steps: [],
    },
  ];
  registerRunning(registry, { running: () => running });
  const ask = async () => (await registry.metrics()).split("\n").filter((line) => /^modelyard/.test(line));
  const first = await ask();
  expect(first).toContain('modelyard_instances_narrow{model="a",version="1"} 2');
  expect(first).toContain('modelyard_instances_refused{model="a",version="1"} 0');
  expect(first).toContain('modelyard_instances_refused{model="b",version="2"} 1');
  expect(first).toContain('modelyard_runs_total{model="a",version="1"} 7');
  // Asked again, nothing is counted twice; what is gone is no longer told of.
  expect(await ask()).toEqual(first);
  running.pop();
  expect((await ask()).join()).not.toMatch(/model="b"/);
});
