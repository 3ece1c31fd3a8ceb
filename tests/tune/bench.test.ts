// `modelyard bench` on real models: in its own process, and behind servers.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { emptyFolder, modelyard, ROOT } from "../cli/modelyard.ts";
import { bytesOfModel } from "../model/evaluate.ts";
import { build } from "../model/passes/build.ts";
import { packageFile } from "../models.ts";
import { SILERO_V5 } from "../packages.ts";
import { HAS_MODELS, MODELS, NO_MODELS } from "../serve/catalogue.ts";
import { serveFolder } from "../serve/real.ts";

const MNIST = join(ROOT, "examples/models/mnist");
/** As short as a measurement can be. */
const SHORT = ["--window", "0.05", "--warm-up", "0", "--windows", "3", "--concurrency", "20"];

const measured = async (args: readonly string[], cwd?: string) => {
  const { code, stdout, stderr } = await modelyard(["bench", ...args, "--json"], {}, cwd);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return JSON.parse(stdout);
};

test("a model in process, from a table to a drawing", async () => {
  const folder = emptyFolder();
  const args = [...SHORT, "--rate", "40", "--arrivals", "poisson", "-o", "plot.svg"];
  const report = await measured([MNIST, ...args], folder);
  expect(report).toMatchObject({ name: "mnist", place: expect.stringContaining("in this process, cpu") });
  expect(report.rows.map((row: { load: unknown }) => row.load)).toEqual([
    { kind: "closed", concurrency: 20 },
    { kind: "open", rate: 40, arrivals: "poisson" },
  ]);
  for (const { answered, throughput, latency, failed, cpuSeconds, residentBytes } of report.rows) {
    expect(answered).toBeGreaterThanOrEqual(15);
    expect(throughput).toBeGreaterThan(0);
    const { p50, p90, p99, max } = latency;
    expect([p50, p90, p99, max]).toEqual([p50, p90, p99, max].sort((a, b) => a - b));
    expect(failed).toEqual({});
    expect(cpuSeconds).toBeGreaterThan(0);
    expect(residentBytes).toBeGreaterThan(30e6);
  }
  const svg = readFileSync(join(folder, "plot.svg"), "utf8");
  expect(svg).toMatch(/^<svg [\s\S]*<\/svg>$/);
  expect(svg).toContain("mnist: latency by throughput");
});

test("a person reads a line for each load", async () => {
  const { code, stdout } = await modelyard(["bench", MNIST, ...SHORT]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/mnist {2}in this process/);
  expect(stdout).toMatch(/load +answers\/s +p50 ms +p90 ms +p99 ms +max ms +cpu ms +memory/);
  expect(stdout).toMatch(/^20 callers +[\d.]+ +[\d.]+/m);
});

test("a model that refuses all that is made up says what of the last", async () => {
  const model = build(19, (b) => {
    // No index that anybody makes up is beyond a million.
    const index = b.node("Sub", [b.input("i", "int64", [1]), b.ints(1_000_000)]);
    b.output(b.node("Gather", [b.constant("float32", [2], [1, 2]), index]));
  });
  const path = join(emptyFolder(), "picky.onnx");
  writeFileSync(path, await bytesOfModel(model));
  const { code, stderr } = await modelyard(["bench", path, ...SHORT, "--json"]);
  expect(code).toBe(1);
  const { error } = JSON.parse(stderr);
  expect(error).toMatchObject({ code: "BENCH_NO_INPUT", message: expect.stringMatching(/indices|bounds/) });
});

test("a model that remembers, with inputs that are made up", async (context) => {
  const path = await packageFile(context, ...SILERO_V5);
  const { rows } = await measured([path, ...SHORT]);
  expect(rows[0]).toMatchObject({ failed: {} });
});

test("a model behind a server, by the protocol and by its task", async () => {
  const folder = emptyFolder();
  mkdirSync(join(folder, "mnist"));
  copyFileSync(join(MNIST, "1", "mnist-8.onnx"), join(folder, "mnist", "model.onnx"));
  const url = await serveFolder(folder);
  for (const args of [
    [`${url}/v2/models/mnist`],
    [`${url}/v2/models/mnist/versions/1`],
    [url, "--model", "mnist"],
    [`${url}/models/mnist`, "--body", join(MNIST, "seven.png")],
  ]) {
    const { rows, name } = await measured([...args, ...SHORT]);
    expect(name).toMatch(/^mnist$|^1$/);
    expect(rows[0]).toMatchObject({ failed: {}, stable: expect.any(Boolean) });
    // This process serves, and tells of itself.
    expect(rows[0].residentBytes).toBeGreaterThan(30e6);
  }
});

test("texts, whole numbers and bytes behind a server", async (context) => {
  context.skip(!HAS_MODELS, NO_MODELS);
  const url = await serveFolder(join(MODELS, "triton"), { broken: true });
  for (const name of ["simple", "simple_string", "simple_int8"]) {
    const { rows } = await measured([`${url}/v2/models/${name}`, ...SHORT]);
    expect(rows[0], name).toMatchObject({ failed: {} });
  }
  const input = join(emptyFolder(), "x.json");
  const given = await modelyard(["bench", `${url}/v2/models/simple`, "--input", `INPUT0=${input}`]);
  expect(given.stderr).toContain("FILE_NOT_FOUND");
});

test.for([
  [["nowhere"], "FILE_NOT_FOUND"],
  [["http://127.0.0.1:9/v2/models/x"], "BENCH_UNREACHABLE"],
  [["http://127.0.0.1:9/v2"], "BENCH_ADDRESS"],
  [[MNIST, "--concurrency", "1,two"], "MEASURE_OPTION"],
  [[MNIST, "--concurrency", "0"], "MEASURE_OPTION"],
  [[MNIST, "--rate", "0"], "MEASURE_OPTION"],
  [[MNIST, "--rate", ""], "MEASURE_OPTION"],
  [[MNIST, "--window", "-1"], "MEASURE_OPTION"],
  [[MNIST, "--windows", "2"], "MEASURE_OPTION"],
  [[MNIST, "--rate", "5", "--arrivals", "sometimes"], "MEASURE_OPTION"],
  [[MNIST, "--device", "tpu"], "RUN_DEVICE_UNKNOWN"],
  [[MNIST, "--input", "y=x.npy"], "RUN_COMMAND_NO_SUCH_INPUT"],
] as const)("%j is refused", async ([args, expected]) => {
  const { code, stdout, stderr } = await modelyard(["bench", ...args, "--json"]);
  expect(code).toBe(1);
  expect(stdout).toBe("");
  expect(JSON.parse(stderr).error.code).toBe(expected);
});

test("a server that is none of the protocol, and one that refuses", async () => {
  const folder = emptyFolder();
  const url = await serveFolder(folder);
  const missing = await modelyard(["bench", `${url}/v2/models/nobody`, "--json"]);
  expect(JSON.parse(missing.stderr).error).toMatchObject({ code: "BENCH_STATUS" });
  const metrics = await modelyard(["bench", `${url}/v2/models/x`, "--body", MNIST, "--json"]);
  expect(JSON.parse(metrics.stderr).error.code).toMatch(/^FILE_/);
});
