#!/usr/bin/env node
// Measures Modelyard on the processor and through WebGPU beside PyTorch on the same weights: latency, throughput, memory,
// and how far each answer lies from float64. See README.md.
// `node bench/gpu/run.js [--quick] [--python python3] [--seconds 1] [--limit 270] [--out docs/bench]` writes gpu.json and gpu.md.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { deviceMemory } from "./data.js";
import { writeReport } from "./report.js";

const here = import.meta.dirname;
const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    python: { type: "string", default: "python3" },
    seconds: { type: "string" },
    limit: { type: "string", default: "270" },
    out: { type: "string", default: join(here, "../../docs/bench") },
  },
});
const { quick, python, out } = options;
const seconds = Number(options.seconds ?? (quick ? 0.2 : 1));
const batches = quick ? [1, 2] : [1, 8, 32];
const rows = Math.max(...batches);
/** One case that hangs, on a driver for example, must not take the others' time. */
const CASE_MS = quick ? 300_000 : 60_000;
const deadline = performance.now() + Number(options.limit) * 1000;
const isPast = () => performance.now() > deadline;

/** Where NVIDIA's driver lies in containers that do not register it. */
const DRIVERS = [
  {},
  { VK_DRIVER_FILES: "/usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json" },
  {
    VK_DRIVER_FILES: "/usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json",
    __EGL_VENDOR_LIBRARY_FILENAMES: "/usr/local/nvidia/share/glvnd/egl_vendor.d/10_nvidia.json",
  },
];

const folder = mkdtempSync(join(tmpdir(), "modelyard-gpu-"));
const results = [];
const problems = [];
let facts = {};
try {
  mkdirSync(out, { recursive: true });
  log("models");
  const made = spawnSync(
    python,
    [join(here, "models.py"), folder, String(rows), ...(quick ? ["--quick"] : [])],
    { encoding: "utf8", env: pythonEnvironment(), stdio: ["ignore", "inherit", "pipe"] },
  );
  const hasTorch = made.status === 0;
  if (!hasTorch) {
    const why = shorten(String(made.stderr || made.error))
      .split("\n")
      .at(-1);
    problems.push({ runner: "PyTorch", problem: `${python} has no torch, onnx and onnxscript: ${why}` });
    const words = [join(here, "models.js"), folder, String(rows), ...(quick ? ["--quick"] : [])];
    execFileSync(process.execPath, words, { stdio: "inherit" });
  }
  const { models, made: maker } = JSON.parse(readFileSync(join(folder, "models.json"), "utf8"));
  const driver = await findDriver(models[1]);
  facts = {
    date: new Date().toISOString(),
    command: `node bench/gpu/run.js ${process.argv.slice(2).join(" ")}`.trim(),
    processor: `${cpus()[0]?.model.trim()}, ${availableParallelism()} threads`,
    device: nvidia() ?? "no NVIDIA device",
    node: process.version,
    maker,
    driver,
    idle: deviceMemory(),
    quick,
    seconds,
    models: models.map(({ name, parameters }) => ({ name, parameters })),
  };
  process.stdout.write(`${JSON.stringify(facts)}\n`);
  const gpu = driver === null ? [] : ["webgpu"];
  if (driver === null) problems.push({ runner: "webgpu", problem: "no device could be opened (see above)" });

  for (const model of models) {
    for (const device of [...gpu, "cpu"]) {
      for (const batch of batches) await ours({ model, device, dtype: "float32", batch });
    }
  }
  if (hasTorch && nvidia()) await peer("cuda");
  if (hasTorch) await peer("cpu");
  if (driver !== null) {
    for (const model of models) {
      if (!model.files.float16) continue;
      for (const batch of batches) await ours({ model, device: "webgpu", dtype: "float16", batch });
    }
    for (const variant of variants()) {
      for (const model of models) {
        if (!model.files[variant.dtype]) continue;
        for (const batch of quick ? [1] : [1, 32]) await bare({ model, batch, ...variant });
      }
    }
  }
  log("done");
} finally {
  save();
  rmSync(folder, { recursive: true, force: true });
}

/** What a provider may set, and what keeping an input on the device would save. */
function variants() {
  const webgpu = { dtype: "float32", provider: { name: "webgpu" } };
  return [
    { ...webgpu, name: "webgpu" },
    { ...webgpu, name: "webgpu, input kept on the device", keep: true },
    { ...webgpu, name: "webgpu, no validation", provider: { name: "webgpu", validationMode: "disabled" } },
    { ...webgpu, name: "webgpu, NCHW", provider: { name: "webgpu", preferredLayout: "NCHW" } },
    {
      ...webgpu,
      name: "webgpu, graph capture",
      extra: { session: { ep: { webgpuexecutionprovider: { enableGraphCapture: "1" } } } },
    },
    { ...webgpu, name: "webgpu, float16", dtype: "float16" },
  ];
}

/** The settings with which WebGPU opens a device; null where none does. They stay in the environment. */
async function findDriver(model) {
  for (const settings of DRIVERS) {
    if (Object.values(settings).some((path) => !existsSync(path))) continue;
    const order = { folder, model, dtype: "float32", provider: { name: "webgpu" }, batch: 1, seconds: 0.1 };
    const { lines, problem } = await child(
      process.execPath,
      [join(here, "bare.js"), JSON.stringify({ ...order, name: "probe" })],
      { ...process.env, ...settings },
    );
    if (lines.length > 0) {
      Object.assign(process.env, settings);
      process.stdout.write(`webgpu ${JSON.stringify(settings)} ${JSON.stringify(lines[0])}\n`);
      return settings;
    }
    process.stdout.write(`webgpu ${JSON.stringify(settings)} ${problem}\n`);
  }
  return null;
}

function ours({ model, device, dtype, batch }) {
  const order = JSON.stringify({ folder, model, dtype, device, batch, seconds });
  return runCase(`Modelyard ${device}, ${dtype}, ${model.name} × ${batch}`, process.execPath, [
    join(here, "ours.js"),
    order,
  ]);
}

function bare(variant) {
  const order = JSON.stringify({ folder, seconds: seconds / 2, ...variant });
  const name = `bare ${variant.name}, ${variant.model.name} × ${variant.batch}`;
  return runCase(name, process.execPath, [join(here, "bare.js"), order]);
}

function peer(device) {
  const flags = quick ? ["--quick"] : [];
  const words = [join(here, "peer.py"), folder, device, String(seconds), batches.join(","), ...flags];
  return runCase(`PyTorch ${device}`, python, words, pythonEnvironment());
}

async function runCase(runner, command, words, env = process.env) {
  if (isPast()) {
    problems.push({ runner, problem: "left out: the time was up" });
    return;
  }
  log(runner);
  const { lines, problem } = await child(command, words, env);
  results.push(...lines);
  for (const line of lines) process.stdout.write(`${JSON.stringify(line)}\n`);
  if (problem !== null) {
    problems.push({ runner, problem });
    process.stdout.write(`${runner}: ${problem}\n`);
  }
  save();
}

/** The lines of JSON that a process prints, and why it failed, if it did: what it had printed counts nevertheless. */
function child(command, words, env) {
  return new Promise((resolve) => {
    const lines = [];
    let errors = "";
    const started = spawn(command, words, { env, stdio: ["ignore", "pipe", "pipe"] });
    const timer = setTimeout(() => started.kill("SIGKILL"), CASE_MS * (command === python ? 3 : 1));
    createInterface({ input: started.stdout }).on("line", (line) => {
      if (line.startsWith("{")) lines.push(JSON.parse(line));
    });
    started.stderr.on("data", (data) => {
      errors += data;
    });
    started.on("error", (error) => {
      errors += error.message;
    });
    started.on("close", (code, signal) => {
      clearTimeout(timer);
      const failed = code !== 0;
      resolve({ lines, problem: failed ? `${signal ?? `exit code ${code}`}: ${shorten(errors)}` : null });
    });
  });
}

function shorten(errors) {
  const [line] = /^.*(?:problem: |Error: ).*$/m.exec(errors) ?? [];
  return (line ?? errors).trim().slice(0, 400);
}

/** Libraries that were carried for Node are not for Python, which has its own. */
function pythonEnvironment() {
  const { LD_LIBRARY_PATH = "", ...rest } = process.env;
  const carried = process.env.MODELYARD_CARRIED_LIBRARIES;
  const paths = LD_LIBRARY_PATH.split(":").filter((path) => path !== "" && path !== carried);
  return paths.length > 0 ? { ...rest, LD_LIBRARY_PATH: paths.join(":") } : rest;
}

/** Its name, driver and memory; null where there is none. */
function nvidia() {
  try {
    const words = ["--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"];
    return execFileSync("nvidia-smi", words, { encoding: "utf8" }).split("\n")[0];
  } catch {
    return null;
  }
}

function save() {
  writeFileSync(join(out, "gpu.json"), `${JSON.stringify({ facts, results, problems }, null, 1)}\n`);
  if (results.length > 0) writeFileSync(join(out, "gpu.md"), writeReport({ facts, results, problems }));
}

function log(text) {
  process.stderr.write(`${(performance.now() / 1000).toFixed(0)} s: ${text}\n`);
}
