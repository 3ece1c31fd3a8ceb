#!/usr/bin/env node
// Measures TFLite to ONNX beside tf2onnx on the same files: the conversion of MobileNetV1, by the clock, by the processor and in
// peak memory (/usr/bin/time, Debian: time); and how fast ONNX Runtime runs what both make of every convolutional model.
// `node bench/tflite/run.js [--python <python of bench/tflite/requirements.txt>]` writes docs/bench/tflite.md.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";

const ROUNDS = 5;
/** Each run of tf2onnx first loads TensorFlow for seconds. */
const PEER_ROUNDS = 3;

const { values } = parseArgs({ options: { python: { type: "string" } } });
const { python } = values;
const root = new URL("../../", import.meta.url).pathname;
execFileSync(process.execPath, [join(root, "bin/modelyard.js"), "--version"]);
const { MOBILENET, modelPaths } = await import("./models.js");
const { median, race } = await import("./race.js");

const folder = mkdtempSync(join(tmpdir(), "modelyard-tflite-"));
const here = import.meta.dirname;
const RUNNERS = {
  modelyard: { rounds: ROUNDS, command: [process.execPath, join(here, "ours.js")] },
  ...(python && { tf2onnx: { rounds: PEER_ROUNDS, command: [python, join(here, "peer.py")] } }),
};
const outOf = (name, i) => join(folder, `${name}-${i}.onnx`);

/** Seconds and peak megabytes of a process, and the lines that it told. */
function measure(command) {
  const { stdout, stderr, status } = spawnSync("/usr/bin/time", ["-f", "%e %M", ...command], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${command.join(" ")}\n${stderr}`);
  const [whole, kilobytes] = stderr.trim().split("\n").at(-1).split(" ").map(Number);
  const told = stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
  return { told, whole, megabytes: (kilobytes * 1024) / 1e6 };
}

/** MobileNetV1 in processes that do nothing else, in turn. */
function timeConversions() {
  const runs = Object.fromEntries(Object.keys(RUNNERS).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, { rounds, command }] of Object.entries(RUNNERS)) {
      if (round >= rounds) continue;
      const { told, ...process } = measure([...command, MOBILENET, outOf(name, "mobilenet")]);
      if (!told[0] || told[0].error) throw new Error(`${name}: ${told[0]?.error ?? "says nothing"}`);
      runs[name].push({ ...told[0], ...process });
    }
  }
  return Object.entries(runs).map(([name, all]) => {
    const of = (key) => median(all.map((run) => run[key]));
    const most = Math.max(...all.map(({ megabytes }) => megabytes));
    return `${name} | ${of("ms").toFixed(0)} | ${of("cpu").toFixed(0)} | ${of("whole").toFixed(2)} | ${most.toFixed(0)}`;
  });
}

/** What both make of every model, and how fast that runs. */
async function raceAll(paths) {
  const made = Object.entries(RUNNERS).map(([name, { command }]) =>
    measure([...command, ...paths.flatMap((path, i) => [path, outOf(name, i)])]),
  );
  const rows = [];
  for (const [i, path] of paths.entries()) {
    const [ours, peer] = made.map(({ told }) => told[i]);
    const cells = [basename(path)];
    if (ours.error) cells.push("cannot be converted yet", "", "", "");
    else if (!peer || peer.error) cells.push("", peer ? "cannot be converted" : "", "", "");
    else {
      try {
        const times = await race(outOf("modelyard", i), outOf("tf2onnx", i));
        cells.push(...[times.ours, times.peer, times.ratio, times.itself].map((each) => each.toFixed(2)));
      } catch (error) {
        cells.push("", "cannot be run", "", "");
        process.stderr.write(`${basename(path)}: ${error.message}\n`);
      }
    }
    rows.push(cells.join(" | "));
    process.stderr.write(`${rows.at(-1)}\n`);
  }
  return rows;
}

try {
  const before = loadavg()[0];
  const conversions = timeConversions();
  process.stderr.write(`${conversions.join("\n")}\n`);
  const races = await raceAll(await modelPaths());
  const tell =
    "from importlib.metadata import version as v; print('tf2onnx', v('tf2onnx') + ', TensorFlow', v('tensorflow-cpu'))";
  const versions = python
    ? execFileSync(python, ["-c", tell], { encoding: "utf8" }).trim()
    : "without tf2onnx";
  const runtime = JSON.parse(readFileSync(join(root, "node_modules/onnxruntime-node/package.json"), "utf8"));
  const text = `# TensorFlow Lite, measured

\`node bench/tflite/run.js${python ? " --python <python with tf2onnx>" : ""}\` on ${cpus()[0]?.model.trim()}, ${cpus().length} threads, load
${before.toFixed(1)} before, Node ${process.version}, ${versions}, ONNX Runtime ${runtime.version}.

## Converting

\`${basename(MOBILENET)}\`, read, converted and written in a process that did nothing before; medians of ${ROUNDS} runs (tf2onnx:
${PEER_ROUNDS}) that took turns. The work is timed without the start of the process and without what the program itself has to load
before; the processor's time is all of its threads'. Whole processes and the most memory of all runs are /usr/bin/time's. Where the machine is
loaded, the processor's time is the one to compare.

| | work, ms | of the processor, ms | whole process, s | peak memory, MB |
| --- | ---: | ---: | ---: | ---: |
${conversions.map((line) => `| ${line} |`).join("\n")}

## Running what was made

A run in ONNX Runtime on one thread, in milliseconds: medians of rounds in which both take turns; the ratio is the median of the
rounds' own. The last column is the same ratio of tf2onnx's model to itself, loaded twice: what a difference must be larger than.

| model | modelyard's | tf2onnx's | ratio | tf2onnx's to itself |
| --- | ---: | ---: | ---: | ---: |
${races.map((line) => `| ${line} |`).join("\n")}
`;
  mkdirSync(join(root, "docs/bench"), { recursive: true });
  writeFileSync(join(root, "docs/bench/tflite.md"), text);
  process.stdout.write(text);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
