#!/usr/bin/env node
// Measures `modelyard inspect` on models of gigabytes and of a million nodes, and what else is asked of a million nodes: wall
// clock, processor time and peak memory, by /usr/bin/time (Debian: time), medians of five. `node bench/inspect/run.js` writes
// docs/bench/inspect.md.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  attributesModel,
  chainModel,
  constantsModel,
  SIZES,
  writeExternalModel,
  writeInlineModel,
} from "./models.js";

const ROUNDS = 5;
const MILLION_ROUNDS = 1;
const TENSORS = 400;
const root = new URL("../../", import.meta.url).pathname;
const bin = join(root, "bin/modelyard.js");
execFileSync(process.execPath, [bin, "--version"]);

const [load = 0] = loadavg();
/** Others who work on the machine lengthen the wall clock, and the processor's time less. */
const busy =
  load > cpus().length / 2
    ? ` The machine was busy with other work (load ${load.toFixed(1)}): seconds are a multiple of those of a quiet one, and the processor's are longer too.`
    : "";

const folder = mkdtempSync(join(tmpdir(), "modelyard-inspect-"));
const place = (name) => {
  mkdirSync(join(folder, name));
  return join(folder, name, "model.onnx");
};

function measure(args, rounds = ROUNDS) {
  const runs = Array.from({ length: rounds }, () => {
    const { stderr, status } = spawnSync("/usr/bin/time", ["-f", "%e %U %S %M", process.execPath, ...args], {
      encoding: "utf8",
      // A graph in words is larger than what is kept of an answer.
      stdio: ["ignore", "ignore", "pipe"],
    });
    if (status !== 0) throw new Error(stderr);
    const [seconds, user, system, kilobytes] = stderr.trim().split("\n").at(-1).split(" ").map(Number);
    return { seconds, processor: user + system, megabytes: (kilobytes * 1024) / 1e6 };
  });
  const median = (key) => runs.map((run) => run[key]).sort((a, b) => a - b)[Math.floor(rounds / 2)];
  return { seconds: median("seconds"), processor: median("processor"), megabytes: median("megabytes") };
}

const row = ({ name, seconds, processor, megabytes }) =>
  `| ${name} | ${seconds.toFixed(2)} | ${processor.toFixed(2)} | ${megabytes.toFixed(0)} |`;

/** The same graph with another operator in its middle. */
function changedInTheMiddle(path, from, to) {
  const bytes = readFileSync(path);
  bytes.write(to, bytes.indexOf(from, bytes.length / 2));
  return bytes;
}

/** Graphs of a million nodes, and the operator that becomes another one, whose name is as long, in the middle of a copy. */
const MILLIONS = {
  "a chain of Relu": [chainModel, "\u0004Relu", "\u0004Selu"],
  "Constant and Add in turn": [constantsModel, "\u0003Add", "\u0003Sub"],
  "ten attributes each": [attributesModel, "Tenfold", "Twofold"],
};

const commandsOn = (path, other) => ({
  inspect: ["inspect", path],
  "inspect --check": ["inspect", path, "--check"],
  "inspect --graph": ["inspect", path, "--graph"],
  convert: ["convert", path, join(folder, "out.onnx")],
  "convert --opset newest": ["convert", path, join(folder, "out.onnx"), "--opset", "newest"],
  "convert --simplify": ["convert", path, join(folder, "out.onnx"), "--simplify"],
  "diff, one operator changed in the middle": ["diff", path, other],
});

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
  const million = Object.entries(MILLIONS).flatMap(([title, [make, from, to]]) => {
    const path = place("graph");
    const other = place("other");
    writeFileSync(path, make(1_000_000));
    writeFileSync(other, changedInTheMiddle(path, from, to));
    const measured = Object.entries(commandsOn(path, other)).map(([name, args]) => ({
      name: `${title}: ${name}`,
      ...measure([bin, ...args, "--json"], MILLION_ROUNDS),
    }));
    for (const each of [path, other]) rmSync(dirname(each), { recursive: true });
    return measured;
  });
  const text = `# Inspecting, measured

\`node bench/inspect/run.js\`, medians of ${ROUNDS} runs, on ${cpus()[0]?.model.trim()}, ${cpus().length} threads, Node ${process.version}.
Whole processes, by /usr/bin/time.${busy}
What is read of the two large models is under 1 MB each: \`tests/model/big.full.test.ts\`
counts it.

| model | seconds | of the processor | peak memory, MB |
| --- | ---: | ---: | ---: |
${rows.map(row).join("\n")}

Every command on graphs of 1,000,000 nodes, which \`bench/inspect/models.js\` makes, ${MILLION_ROUNDS === 1 ? "once each" : `medians of ${MILLION_ROUNDS}`}:

| graph and command | seconds | of the processor | peak memory, MB |
| --- | ---: | ---: | ---: |
${million.map(row).join("\n")}
`;
  mkdirSync(join(root, "docs/bench"), { recursive: true });
  writeFileSync(join(root, "docs/bench/inspect.md"), text);
  process.stdout.write(text);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
