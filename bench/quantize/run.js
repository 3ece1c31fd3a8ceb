#!/usr/bin/env node
// Measures `modelyard convert --precision` on a model of a gigabyte beside ONNX Runtime's own Python tools, in turn: wall clock,
// processor time and peak memory of whole processes by /usr/bin/time (Debian: time), medians; and by how much both answers are off.
// `node bench/quantize/run.js --python <python> [--folder <where>] [--rounds 3]` writes docs/bench/quantize.md
// (tests/fixtures/quantize/requirements.txt says what the Python has).
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeProducts } from "./model.js";

const { values: options } = parseArgs({
  options: {
    python: { type: "string" },
    folder: { type: "string", default: tmpdir() },
    rounds: { type: "string", default: "3" },
  },
});
const { python } = options;
if (!python) throw new Error("--python <python with onnxruntime>");
const rounds = Number(options.rounds);
const root = new URL("../../", import.meta.url).pathname;
const bin = join(root, "bin/modelyard.js");
execFileSync(process.execPath, [bin, "--version"]);

const folder = mkdtempSync(join(options.folder, "modelyard-quantize-"));
const model = join(folder, "model.onnx");

/** What is compared: how much faster it must be. */
const CASES = [
  { precision: "fp16", peer: "convert_float_to_float16", least: 5 },
  { precision: "int8", peer: "quantize_dynamic, per channel", least: 5 },
  { precision: "int4", peer: "MatMulNBitsQuantizer, block 32", least: 3 },
];

const RUNNERS = {
  ours: (precision, out) => [process.execPath, bin, "convert", model, out, "--precision", precision],
  theirs: (precision, out) => [python, join(import.meta.dirname, "peer.py"), precision, model, out],
};

/** Seconds, processor seconds and megabytes of one run. */
function measure(words) {
  const { stderr, status } = spawnSync("/usr/bin/time", ["-f", "%e %U %S %M", ...words], {
    encoding: "utf8",
    cwd: folder,
  });
  if (status !== 0) throw new Error(`${words.join(" ")}\n${stderr}`);
  const [seconds, user, system, kilobytes] = stderr.trim().split("\n").at(-1).split(" ").map(Number);
  return { seconds, processor: user + system, megabytes: (kilobytes * 1024) / 1e6 };
}

function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

function runCase({ precision }) {
  const runs = { ours: [], theirs: [] };
  const out = (name) => join(folder, `${name}.onnx`);
  // The first round fills the page cache.
  for (let round = 0; round <= rounds; round++) {
    for (const [name, runner] of Object.entries(RUNNERS)) {
      rmSync(out(name), { force: true });
      execFileSync("sync");
      const run = measure(runner(precision, out(name)));
      if (round > 0 || rounds === 0) runs[name].push(run);
    }
  }
  const [ours, theirs] = JSON.parse(
    execFileSync(
      process.execPath,
      [join(import.meta.dirname, "answers.js"), model, out("ours"), out("theirs")],
      {
        encoding: "utf8",
      },
    ),
  );
  return Object.entries(runs).map(([name, all]) => ({
    seconds: median(all.map((run) => run.seconds)),
    processor: median(all.map((run) => run.processor)),
    megabytes: Math.max(...all.map((run) => run.megabytes)),
    size: statSync(out(name)).size / 1e6,
    off: name === "ours" ? ours : theirs,
  }));
}

try {
  mkdirSync(folder, { recursive: true });
  writeProducts(model);
  const lines = [];
  for (const each of CASES) {
    const [ours, theirs] = runCase(each);
    const times = theirs.seconds / ours.seconds;
    for (const [i, run] of [ours, theirs].entries()) {
      lines.push(
        [
          each.precision,
          i === 0 ? "modelyard" : each.peer,
          run.seconds.toFixed(1),
          i === 0 ? `${times.toFixed(1)} (at least ${each.least})` : "",
          run.processor.toFixed(1),
          run.megabytes.toFixed(0),
          run.size.toFixed(0),
          `${Number((100 * run.off).toPrecision(4))} %`,
        ].join(" | "),
      );
      process.stderr.write(`${lines.at(-1)}\n`);
    }
  }
  const tell =
    "import sys, onnxruntime, onnx; print(f'Python {sys.version.split()[0]}, onnxruntime {onnxruntime.__version__}, onnx {onnx.__version__}')";
  const versions = execFileSync(python, ["-c", tell], { encoding: "utf8" }).trim();
  const text = `# Fewer bits, measured

\`node bench/quantize/run.js --python <python>\`, medians of ${rounds} runs that took turns, on ${cpus()[0]?.model.trim()},
${cpus().length} threads, Node ${process.version}, ${versions}.

A model with ${(statSync(model).size / 1e9).toFixed(2)} GB of weights: 16 products with 4096 × 4096, one after the other. Whole processes by
/usr/bin/time, from the page cache into the page cache; the memory is the most of all runs. By how much answers are off is
‖a − b‖ / ‖a‖ to four rows of made-up numbers, by ONNX Runtime.

| precision | | seconds | times as fast | processor, s | peak memory, MB | size, MB | off by |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |
${lines.map((line) => `| ${line} |`).join("\n")}
`;
  writeFileSync(join(root, "docs/bench/quantize.md"), text);
  process.stdout.write(text);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
