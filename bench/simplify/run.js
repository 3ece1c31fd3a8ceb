#!/usr/bin/env node
// Measures simplify beside onnxsim and onnxslim on the same files, in turn: time of the simplification itself, wall clock and
// peak memory of whole processes by /usr/bin/time (Debian: time), medians.
// `node bench/simplify/run.js --python <python of tests/fixtures/simplify/requirements.txt> [model.onnx…]` writes
// docs/bench/simplify.md.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";

const ROUNDS = 5;
/** Layers of the generated transformer: 5,017 nodes. */
const LAYERS = 38;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { python: { type: "string", default: "python3" } },
});
const { python } = values;
const root = new URL("../../", import.meta.url).pathname;
execFileSync(process.execPath, [join(root, "bin/modelyard.js"), "--version"]);

const folder = mkdtempSync(join(tmpdir(), "modelyard-simplify-"));
const out = join(folder, "out.onnx");
const here = import.meta.dirname;

const RUNNERS = {
  modelyard: (path) => [process.execPath, join(here, "ours.js"), path, out],
  onnxsim: (path) => [python, join(here, "peer.py"), "onnxsim", path, out],
  onnxslim: (path) => [python, join(here, "peer.py"), "onnxslim", path, out],
};

/** null where the tool fails. */
function measure(command) {
  const { stdout, stderr, status } = spawnSync("/usr/bin/time", ["-f", "%e %M", ...command], {
    encoding: "utf8",
    env: { ...process.env, ORT_DISABLE_TELEMETRY: "1" },
  });
  if (status !== 0) return null;
  const [whole, kilobytes] = stderr.trim().split("\n").at(-1).split(" ").map(Number);
  const told = JSON.parse(stdout.trim().split("\n").at(-1));
  return { ...told, whole, megabytes: (kilobytes * 1024) / 1e6 };
}

function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

function runModel(path) {
  const runs = Object.fromEntries(Object.keys(RUNNERS).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round++)
    for (const [name, runner] of Object.entries(RUNNERS)) runs[name].push(measure(runner(path)));
  return Object.entries(runs).map(([name, all]) => {
    const of = (key) => median(all.map((run) => run?.[key] ?? Number.NaN));
    if (all.includes(null)) return `${basename(path)} | ${name} | fails | | | | |`;
    const evaluating = name === "modelyard" ? of("evaluating").toFixed(2) : "";
    const times = [of("seconds").toFixed(2), of("cpu").toFixed(2), evaluating, of("whole").toFixed(2)];
    const cells = [of("nodes"), ...times, of("megabytes").toFixed(0)];
    return `${basename(path)} | ${name} | ${cells.join(" | ")}`;
  });
}

try {
  execFileSync(python, [join(root, "tests/fixtures/simplify/generate.py"), folder, String(LAYERS)]);
  const paths = [join(folder, "large.onnx"), ...positionals];
  const before = loadavg()[0];
  const lines = paths.flatMap((path) => {
    const rows = runModel(path);
    process.stderr.write(`${rows.join("\n")}\n`);
    return rows;
  });
  const tell =
    "from importlib.metadata import version as v; print('onnxsim', v('onnxsim') + ', onnxslim', v('onnxslim'))";
  const versions = execFileSync(python, ["-c", tell], { encoding: "utf8" }).trim();
  const text = `# Simplifying, measured

\`node bench/simplify/run.js --python <python with both>\`, medians of ${ROUNDS} runs that took turns, on ${cpus()[0]?.model.trim()},
${cpus().length} threads, load ${before.toFixed(1)} before, Node ${process.version}, ${versions}.

\`large.onnx\` is a transformer of 5,017 nodes as torch.onnx writes it (\`tests/fixtures/simplify/generate.py\`). Seconds are those of the
simplification alone, in a process that did nothing before, by the clock and of all its processors; beside them, by the clock, what
the runtime took to evaluate constants, its thread's start included. Whole processes and peak memory are /usr/bin/time's. Where the
machine is loaded, the processors' seconds are the ones to compare.

| model | | nodes left | simplifying, s | processors, s | of it the runtime, s | whole process, s | peak memory, MB |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |
${lines.map((line) => `| ${line} |`).join("\n")}
`;
  mkdirSync(join(root, "docs/bench"), { recursive: true });
  writeFileSync(join(root, "docs/bench/simplify.md"), text);
  process.stdout.write(text);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
