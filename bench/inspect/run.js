#!/usr/bin/env node
// Measures `modelyard inspect` on models of gigabytes and of a million nodes: wall clock and peak memory, by
// /usr/bin/time (Debian: time), medians of five. `node bench/inspect/run.js` writes docs/bench/inspect.md.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { chainModel, SIZES, writeExternalModel, writeInlineModel } from "./models.js";

const ROUNDS = 5;
const TENSORS = 400;
const root = new URL("../../", import.meta.url).pathname;
const bin = join(root, "bin/modelyard.js");
execFileSync(process.execPath, [bin, "--version"]);

const folder = mkdtempSync(join(tmpdir(), "modelyard-inspect-"));
const place = (name) => {
  mkdirSync(join(folder, name));
  return join(folder, name, "model.onnx");
};

function measure(args) {
  const runs = Array.from({ length: ROUNDS }, () => {
    const { stderr, status } = spawnSync("/usr/bin/time", ["-f", "%e %M", process.execPath, ...args], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(stderr);
    const [seconds, kilobytes] = stderr.trim().split("\n").at(-1).split(" ").map(Number);
    return { seconds, megabytes: (kilobytes * 1024) / 1e6 };
  });
  const median = (key) => runs.map((run) => run[key]).sort((a, b) => a - b)[Math.floor(ROUNDS / 2)];
  return { seconds: median("seconds"), megabytes: median("megabytes") };
}

try {
  const models = {
    "4.1 GB of weights in a file beside the model": place("external"),
    "1.9 GB of weights in the model itself": place("inline"),
    "1,000,000 nodes": place("chain"),
    "mnist-8, 26 kB": join(root, "examples/models/mnist/1/mnist-8.onnx"),
  };
  const [external, inline, chain] = Object.values(models);
  writeExternalModel(external, SIZES.external, TENSORS);
  writeInlineModel(inline, SIZES.inline, TENSORS);
  writeFileSync(chain, chainModel(1_000_000));
  const rows = Object.entries(models).map(([name, path]) => ({
    name,
    ...measure([bin, "inspect", path, "--json"]),
  }));
  rows.push({ name: "(node alone: `node -e 0`)", ...measure(["-e", "0"]) });
  const text = `# Inspecting, measured

\`node bench/inspect/run.js\`, medians of ${ROUNDS} runs, on ${cpus()[0]?.model.trim()}, ${cpus().length} threads, Node ${process.version}.
Whole processes, by /usr/bin/time. What is read of the two large models is under 1 MB each: \`tests/model/big.full.test.ts\`
counts it.

| model | seconds | peak memory, MB |
| --- | ---: | ---: |
${rows.map(({ name, seconds, megabytes }) => `| ${name} | ${seconds.toFixed(2)} | ${megabytes.toFixed(0)} |`).join("\n")}
`;
  mkdirSync(join(root, "docs/bench"), { recursive: true });
  writeFileSync(join(root, "docs/bench/inspect.md"), text);
  process.stdout.write(text);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
